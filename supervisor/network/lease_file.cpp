// The leases' file: replaced as one step, read as a whole.
#include <fcntl.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/network/leases.h"

namespace berth::network {
namespace {

// 65,534 leases of the longest names in a subnet fit well below this.
constexpr std::size_t kSizeMax = 16u << 20;

Result<void> write_all(int file, std::string_view text, const std::string& path) {
  while (!text.empty()) {
    const ssize_t written = ::write(file, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return fail_errno("cannot write " + path);
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

Result<void> sync_directory_of(const std::string& path) {
  const std::string directory = path.substr(0, path.rfind('/') + 1);
  const unique_fd opened(
      ::open(directory.empty() ? "." : directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened || ::fsync(opened.get()) != 0) return fail_errno("cannot sync " + directory);
  return {};
}

}  // namespace

Result<void> save(const Leases& leases, const std::string& path) {
  const std::string fresh = path + ".new";
  constexpr int kFlags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
  const unique_fd file(::open(fresh.c_str(), kFlags, 0600));
  if (!file) return fail_errno("cannot create " + fresh);
  TRY(write_all(file.get(), render(leases), fresh));
  if (::fsync(file.get()) != 0) return fail_errno("cannot sync " + fresh);
  if (::rename(fresh.c_str(), path.c_str()) != 0) return fail_errno("cannot replace " + path);
  return sync_directory_of(path);
}

Result<Leases> load_leases(const std::string& path) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!file && errno == ENOENT) return Leases{};
  if (!file) return fail_errno("cannot open " + path);
  std::string text;
  for (;;) {
    char buffer[4096];
    const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot read " + path);
    if (size == 0) break;
    text.append(buffer, static_cast<std::size_t>(size));
    if (text.size() > kSizeMax) return fail(path + " is too large to be a file of leases");
  }
  auto leases = parse_leases(text);
  if (!leases) return std::unexpected(std::move(leases).error().within(path));
  return leases;
}

}  // namespace berth::network
