#include "supervisor/generation/files.h"

#include <cstdio>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth::generation {

Result<void> DiskFiles::write(const std::string& path, std::string_view content) {
  const unique_fd file(
      ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file) return fail_errno("cannot open " + path);
  while (!content.empty()) {
    const ssize_t size = ::write(file.get(), content.data(), content.size());
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return fail_errno("cannot write " + path);
    content.remove_prefix(static_cast<std::size_t>(size));
  }
  return {};
}

Result<void> DiskFiles::sync(const std::string& path) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!file) return fail_errno("cannot open " + path);
  if (::fsync(file.get()) != 0) return fail_errno("cannot write " + path);
  return {};
}

Result<void> DiskFiles::sync_all(const std::string& directory) {
  const unique_fd file(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!file) return fail_errno("cannot open " + directory);
  if (::syncfs(file.get()) != 0) return fail_errno("cannot write " + directory);
  return {};
}

Result<void> DiskFiles::rename(const std::string& from, const std::string& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) return fail_errno("cannot write " + to);
  return {};
}

Result<void> DiskFiles::remove(const std::string& path) {
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail_errno("cannot remove " + path);
  return {};
}

Result<void> DiskFiles::make_directory(const std::string& path) {
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return fail_errno("cannot make " + path);
  return {};
}

}  // namespace berth::generation
