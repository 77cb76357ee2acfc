#include "supervisor/runtime/interpreter_tree.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;

// A directory deeper than this is moved up to the tree's own top before it is emptied, so that no
// depth needs more descriptors or stack than this.
constexpr int kMaxRemoveDepth = 32;

struct CloseDir {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};
using Directory = std::unique_ptr<DIR, CloseDir>;

// A subdirectory of an open one, itself and not what a link or a mount makes of it.
unique_fd open_child(int parent, const char* name, int& error) noexcept {
  const int fd = raw::openat2(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW, 0,
                              raw::kResolveNoXdev | raw::kResolveBeneath | raw::kResolveNoSymlinks);
  error = fd < 0 ? -fd : 0;
  return unique_fd(fd < 0 ? -1 : fd);
}

// A second descriptor for reading entries; `fd` stays the caller's for *at calls.
Directory read_entries(int fd, int& error) noexcept {
  const int own = ::openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  DIR* const directory = own < 0 ? nullptr : ::fdopendir(own);
  error = directory == nullptr ? errno : 0;
  if (directory == nullptr && own >= 0) ::close(own);
  return Directory(directory);
}

bool is_dots(const char* name) noexcept {
  return std::strcmp(name, ".") == 0 || std::strcmp(name, "..") == 0;
}

// Calls `visit(name)` for each entry until one answers an errno.
template <class Visit>
int for_each_entry(int fd, Visit visit) noexcept {
  int error = 0;
  const Directory entries = read_entries(fd, error);
  if (error != 0) return error;
  for (;;) {
    errno = 0;
    const dirent* const entry = ::readdir(entries.get());
    if (entry == nullptr) return errno;
    if (is_dots(entry->d_name)) continue;
    if (const int failed = visit(entry->d_name); failed != 0) return failed;
  }
}

// ---- removing

class Remover {
 public:
  explicit Remover(int top) noexcept : top_(top) {}

  // Everything in `directory`. What was moved up meanwhile is found in another pass over the top.
  int empty(int directory, int depth) noexcept {
    return for_each_entry(directory,
                          [&](const char* name) { return remove_entry(directory, name, depth); });
  }

  int run() noexcept {
    do {
      moved_ = 0;
      if (const int error = empty(top_, 0); error != 0) return error;
    } while (moved_ != 0);
    return 0;
  }

 private:
  int remove_entry(int parent, const char* name, int depth) noexcept {
    if (::unlinkat(parent, name, 0) == 0 || errno == ENOENT) return 0;
    if (errno != EISDIR) return errno;
    if (depth >= kMaxRemoveDepth) return move_up(parent, name);
    int error = 0;
    const unique_fd child = open_child(parent, name, error);
    if (error != 0) return error == ENOENT ? 0 : error;
    // An empty one is removed without being read; others are emptied first.
    if (::unlinkat(parent, name, AT_REMOVEDIR) == 0) return 0;
    if (errno != ENOTEMPTY) return errno;
    if (error = empty(child.get(), depth + 1); error != 0) return error;
    return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
  }

  int move_up(int parent, const char* name) noexcept {
    char target[64];
    ++moved_;
    ++names_;
    std::snprintf(target, sizeof(target), ".berth-removed-%d-%llu", ::getpid(), names_);
    const unsigned no_replace = 1;  // RENAME_NOREPLACE
    return ::renameat2(parent, name, top_, target, no_replace) == 0 ? 0 : errno;
  }

  int top_;
  unsigned long long moved_ = 0;  // in this pass
  unsigned long long names_ = 0;
};

// ---- copying

int copy_content(int from, int to) noexcept {
  for (;;) {
    const ssize_t count = ::copy_file_range(from, nullptr, to, nullptr, 1u << 30, 0);
    if (count == 0) return 0;
    if (count > 0) continue;
    if (errno != EXDEV && errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS) return errno;
    break;
  }
  alignas(4096) static char buffer[1 << 16];
  for (;;) {
    const ssize_t count = ::read(from, buffer, sizeof(buffer));
    if (count <= 0) return count == 0 ? 0 : errno;
    for (ssize_t done = 0; done < count;) {
      const ssize_t written = ::write(to, buffer + done, static_cast<std::size_t>(count - done));
      if (written < 0) return errno;
      done += written;
    }
  }
}

// Owner first: changing it clears the set-id bits that the mode may have.
int copy_attributes(const struct stat& status, int to) noexcept {
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (::fchown(to, status.st_uid, status.st_gid) != 0) return errno;
  if (::fchmod(to, status.st_mode & 07777) != 0) return errno;
  return ::futimens(to, times) == 0 ? 0 : errno;
}

int copy_file(int from_parent, int to_parent, const char* name) noexcept {
  const unique_fd from(::openat(from_parent, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC));
  if (!from) return errno;
  struct stat status{};
  if (::fstat(from.get(), &status) != 0) return errno;
  if (!S_ISREG(status.st_mode)) return 0;  // swapped for a FIFO or device: those are left out
  const unique_fd to(
      ::openat(to_parent, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!to) return errno;
  if (const int error = copy_content(from.get(), to.get()); error != 0) return error;
  return copy_attributes(status, to.get());
}

int copy_link(int from_parent, int to_parent, const char* name,
              const struct stat& status) noexcept {
  char target[PATH_MAX];
  const ssize_t size = ::readlinkat(from_parent, name, target, sizeof(target) - 1);
  if (size < 0) return errno;
  target[size] = '\0';
  if (::symlinkat(target, to_parent, name) != 0) {
    if (errno != EEXIST || ::unlinkat(to_parent, name, 0) != 0) return errno;
    if (::symlinkat(target, to_parent, name) != 0) return errno;
  }
  const timespec times[2] = {status.st_atim, status.st_mtim};
  if (::fchownat(to_parent, name, status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return errno;
  }
  return ::utimensat(to_parent, name, times, AT_SYMLINK_NOFOLLOW) == 0 ? 0 : errno;
}

int copy_directory(int from, int to, int depth) noexcept;

int copy_entry(int from_parent, int to_parent, const char* name, int depth) noexcept {
  struct stat status{};
  if (::fstatat(from_parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0) return errno;
  if (S_ISREG(status.st_mode)) return copy_file(from_parent, to_parent, name);
  if (S_ISLNK(status.st_mode)) return copy_link(from_parent, to_parent, name, status);
  if (!S_ISDIR(status.st_mode)) return 0;
  if (depth >= kMaxCopyDepth) return ELOOP;
  if (::mkdirat(to_parent, name, 0700) != 0 && errno != EEXIST) return errno;
  int error = 0;
  const unique_fd to = open_child(to_parent, name, error);
  if (error != 0) return error;
  const unique_fd from = open_child(from_parent, name, error);
  // What is mounted there is another file system's: the directory is made, and stays empty.
  if (error == EXDEV) return copy_attributes(status, to.get());
  if (error != 0) return error;
  return copy_directory(from.get(), to.get(), depth + 1);
}

int copy_directory(int from, int to, int depth) noexcept {
  struct stat status{};
  if (::fstat(from, &status) != 0) return errno;
  const int error =
      for_each_entry(from, [&](const char* name) { return copy_entry(from, to, name, depth); });
  return error != 0 ? error : copy_attributes(status, to);
}

unique_fd open_top(const char* path, int& error) noexcept {
  const int fd = ::open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  error = fd < 0 ? errno : 0;
  return unique_fd(fd);
}

// The directory that a path's last component is in, and that component.
struct Place {
  unique_fd directory;
  const char* name = nullptr;
};
Place place_of(const char* path, int& error) noexcept {
  char parent[PATH_MAX];
  const char* const slash = std::strrchr(path, '/');
  const auto size = static_cast<std::size_t>(slash - path) + 1;
  error = size >= sizeof(parent) ? ENAMETOOLONG : 0;
  if (error != 0) return {};
  std::memcpy(parent, path, size);
  parent[size] = '\0';
  return {open_top(parent, error), slash + 1};
}

// A file or link. Both paths are absolute and end in the same name.
int copy_single(const char* from, const char* to) noexcept {
  int error = 0;
  const Place source = place_of(from, error);
  if (error != 0) return error;
  const Place target = place_of(to, error);
  if (error != 0) return error;
  if (std::strcmp(source.name, target.name) != 0) return EINVAL;
  return copy_entry(source.directory.get(), target.directory.get(), source.name, 0);
}

}  // namespace

int copy_tree(const char* from, const char* to) noexcept {
  int error = 0;
  const unique_fd source = open_top(from, error);
  if (error == ENOTDIR || error == ELOOP) return copy_single(from, to);
  if (error != 0) return error;
  if (::mkdir(to, 0700) != 0 && errno != EEXIST) return errno;
  const unique_fd target = open_top(to, error);
  if (error != 0) return error;
  return copy_directory(source.get(), target.get(), 0);
}

int remove_tree(const char* path) noexcept {
  int error = 0;
  unique_fd top = open_top(path, error);
  if (error == ENOTDIR || error == ELOOP) return ::unlink(path) == 0 ? 0 : errno;
  if (error != 0) return error;
  if (error = Remover(top.get()).run(); error != 0) return error;
  return ::rmdir(path) == 0 ? 0 : errno;
}

}  // namespace berth::runtime
