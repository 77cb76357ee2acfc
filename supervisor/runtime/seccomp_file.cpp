// Seccomp profiles as files of the host: who may have written them, and not compiling one twice.
#include <array>
#include <utility>

#include "supervisor/base/trusted_open.h"
#include "supervisor/runtime/seccomp_profile.h"

namespace berth::runtime {
namespace {

constexpr std::size_t kFileMost = 1 << 20;

// Whoever can write a directory on the way to it can put another profile there.
Result<std::string> read_profile(const std::string& path) {
  const auto untaken = [](const Error& error) {
    return std::unexpected(Error{"the profile is not taken: " + error.what, error.code});
  };
  const auto found = open_trusted(path);
  if (!found) return untaken(found.error());
  auto content = read_regular(found->fd, kFileMost);
  if (!content) return untaken(content.error());
  return content;
}

// The last few, for the probes and restarts of the containers that use them.
struct Compiled {
  std::string json;
  std::string filter;
};
std::array<Compiled, 4> compiled;
std::size_t next_compiled = 0;

}  // namespace

Result<std::string> load_seccomp_profile(const std::string& path) {
  std::string json = TRY(read_profile(path));
  for (const Compiled& one : compiled) {
    if (!one.filter.empty() && one.json == json) return one.filter;
  }
  std::string filter = TRY(compile_seccomp_profile(json));
  compiled[next_compiled] = {std::move(json), filter};
  next_compiled = (next_compiled + 1) % compiled.size();
  return filter;
}

}  // namespace berth::runtime
