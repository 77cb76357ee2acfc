// Seccomp profiles as files of the host: who may have written them, and not compiling one twice.
#include <array>
#include <cerrno>
#include <cstdint>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/seccomp_profile.h"

namespace berth::runtime {
namespace {

constexpr off_t kFileMost = 1 << 20;

// Not blocking: a FIFO is told, not waited for.
Result<std::string> read_profile(const std::string& path) {
  const int opened = kernel::raw::openat2(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK | O_NOCTTY,
                                          0, kernel::raw::kResolveNoMagicLinks);
  if (opened < 0) return std::unexpected(Error{"the profile cannot be opened", -opened});
  const unique_fd fd(opened);
  struct stat status{};
  if (::fstat(fd.get(), &status) != 0) return fail_errno("the profile cannot be looked at");
  if (!S_ISREG(status.st_mode)) return fail("the profile is no regular file");
  if (status.st_uid != 0 || (status.st_mode & 022) != 0) {
    return fail("others than root can write the profile");
  }
  if (status.st_size > kFileMost) return fail("the profile is larger than 1 MiB");
  std::string content(static_cast<std::size_t>(kFileMost) + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t count = ::read(fd.get(), content.data() + size, content.size() - size);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail_errno("the profile cannot be read");
    if (count == 0) break;
    size += static_cast<std::size_t>(count);
  }
  if (size > static_cast<std::size_t>(kFileMost)) return fail("the profile is larger than 1 MiB");
  content.resize(size);
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
