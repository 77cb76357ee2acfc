#include "supervisor/runtime/interpreter_files.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::Step;

constexpr std::uint64_t kInRoot = raw::kResolveInRoot | raw::kResolveNoMagicLinks;

int errno_of(int result) noexcept { return result < 0 ? errno : 0; }

mode_t mode_of(std::uint64_t value) noexcept { return static_cast<mode_t>(value & 07777); }

bool has_dot_dot(std::string_view path) noexcept {
  while (!path.empty()) {
    const std::size_t end = path.find('/');
    if (path.substr(0, end) == "..") return true;
    if (end == std::string_view::npos) break;
    path.remove_prefix(end + 1);
  }
  return false;
}

// A walk to a mount target, making what is missing on the way.
struct TargetWalk {
  int root;
  std::string_view path;
  bool directory;     // what the last component is to be when it is made
  bool replace_link;  // a symbolic link as last component is removed first
  std::uint64_t resolve;

  // Makes one component in `parent`, which is open. 0 or the errno.
  [[nodiscard]] int make(int parent, const char* name, bool last) const noexcept {
    if (directory || !last) return errno_of(::mkdirat(parent, name, 0755));
    const int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
    const int fd = ::openat(parent, name, flags, 0644);
    if (fd < 0) return errno;
    ::close(fd);
    return 0;
  }

  [[nodiscard]] int remove_link(int parent, const char* name) const noexcept {
    struct stat status{};
    if (::fstatat(parent, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISLNK(status.st_mode)) {
      return 0;
    }
    return errno_of(::unlinkat(parent, name, 0));
  }

  // Opens path[0, end), whose last component begins at `begin` and is made in `parent` when it is
  // missing. What another process makes meanwhile is taken as it is. A descriptor or -errno.
  [[nodiscard]] int enter(int parent, std::size_t begin, std::size_t end,
                          bool last) const noexcept {
    char prefix[PATH_MAX];
    std::memcpy(prefix, path.data(), end);
    prefix[end] = '\0';
    if (last && replace_link) {
      if (const int error = remove_link(parent, prefix + begin); error != 0) return -error;
    }
    const int fd = raw::openat2(root, prefix, O_PATH, 0, resolve);
    if (fd != -ENOENT) return fd;
    const int error = make(parent, prefix + begin, last);
    if (error != 0 && error != EEXIST) return -error;
    return raw::openat2(root, prefix, O_PATH, 0, resolve);
  }

  // The O_PATH descriptor of the whole path, or -errno. Symbolic links, where they are allowed,
  // lead nowhere out of the root.
  [[nodiscard]] int run() const noexcept {
    int parent = raw::openat2(root, ".", O_PATH | O_DIRECTORY, 0, resolve);
    std::size_t at = std::min(path.find_first_not_of('/'), path.size());
    while (parent >= 0 && at < path.size()) {
      const std::size_t begin = at;
      const std::size_t end = std::min(path.find('/', begin), path.size());
      at = std::min(path.find_first_not_of('/', end), path.size());
      const int next = enter(parent, begin, end, at == path.size());
      ::close(parent);
      parent = next;
    }
    return parent;
  }
};

// What make_target's value says its target is: 0 a directory, 1 a file, 2 what descriptor
// value2 is. An errno in `error`.
bool wants_directory(const Step& step, int& error) noexcept {
  if (step.value != 2) return step.value == 0;
  struct stat status{};
  error = errno_of(::fstat(static_cast<int>(step.value2), &status));
  return S_ISDIR(status.st_mode);
}

}  // namespace

int open_path(const StepContext& context, const Step& step) noexcept {
  const std::uint64_t mode = (step.value & O_CREAT) != 0 ? 0600 : 0;
  return place(raw::openat2(directory_of(step.fd2), context.program.text(step.text), step.value,
                            mode, step.value2),
               step.fd);
}

int make_dir(const StepContext& context, const Step& step) noexcept {
  return errno_of(
      ::mkdirat(directory_of(step.fd2), context.program.text(step.text), mode_of(step.value)));
}

int make_path(const StepContext& context, const Step& step) noexcept {
  char path[PATH_MAX];
  const std::string_view text = context.program.view(step.text);
  if (text.size() >= sizeof(path)) return ENAMETOOLONG;
  std::memcpy(path, text.data(), text.size());
  path[text.size()] = '\0';
  for (std::size_t at = 1; at <= text.size(); ++at) {
    if (path[at] != '/' && path[at] != '\0') continue;
    const char kept = path[at];
    path[at] = '\0';
    const int error = errno_of(::mkdir(path, mode_of(step.value)));
    if (error != 0 && error != EEXIST) return error;
    path[at] = kept;
  }
  // The last one may have been there as something else than a directory.
  struct stat status{};
  if (::stat(path, &status) != 0) return errno;
  return S_ISDIR(status.st_mode) ? 0 : ENOTDIR;
}

int make_target(const StepContext& context, const Step& step) noexcept {
  const std::string_view path = context.program.view(step.text);
  if (path.size() >= PATH_MAX) return ENAMETOOLONG;
  if (has_dot_dot(path)) return EINVAL;
  int error = 0;
  const bool directory = wants_directory(step, error);
  if (error != 0) return error;
  const bool no_links = (step.flags & handoff::kNoSymlinks) != 0;
  const TargetWalk walk{step.fd2, path, directory, (step.flags & handoff::kReplaceSymlink) != 0,
                        kInRoot | (no_links ? raw::kResolveNoSymlinks : 0)};
  return place(walk.run(), step.fd);
}

int write_whole(int directory, const char* path, std::string_view content) noexcept {
  const int fd = ::openat(directory, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
  if (fd < 0) return errno;
  const ssize_t count = ::write(fd, content.data(), content.size());
  const int error = count < 0 ? errno : static_cast<std::size_t>(count) == content.size() ? 0 : EIO;
  ::close(fd);
  return error;
}

int write_file(const StepContext& context, const Step& step) noexcept {
  return write_whole(directory_of(step.fd2), context.program.text(step.text),
                     context.program.view(step.text2));
}

int create_file(const StepContext& context, const Step& step) noexcept {
  const std::string_view content = context.program.view(step.text2);
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
  const int fd =
      ::openat(directory_of(step.fd2), context.program.text(step.text), flags, mode_of(step.value));
  if (fd < 0) return errno;
  int error = errno_of(::fchmod(fd, mode_of(step.value)));
  for (std::size_t done = 0; error == 0 && done < content.size();) {
    const ssize_t count = ::write(fd, content.data() + done, content.size() - done);
    if (count < 0 && errno != EINTR) error = errno;
    if (count > 0) done += static_cast<std::size_t>(count);
  }
  if (::close(fd) != 0 && error == 0) error = errno;
  return error;
}

int make_symlink(const StepContext& context, const Step& step) noexcept {
  const char* const path = context.program.text(step.text2);
  if (step.fd2 < 0 && path[0] != '/') return EINVAL;
  return errno_of(::symlinkat(context.program.text(step.text), directory_of(step.fd2), path));
}

int make_fifo(const StepContext& context, const Step& step) noexcept {
  return errno_of(
      ::mkfifoat(directory_of(step.fd2), context.program.text(step.text), mode_of(step.value)));
}

int make_node(const StepContext& context, const Step& step) noexcept {
  return errno_of(::mknodat(directory_of(step.fd2), context.program.text(step.text),
                            static_cast<mode_t>(step.value), step.value2));
}

int remove_dir(const StepContext& context, const Step& step) noexcept {
  return errno_of(
      ::unlinkat(directory_of(step.fd2), context.program.text(step.text), AT_REMOVEDIR));
}

int cgroup_join(const StepContext& context, const Step& step) noexcept {
  return write_whole(directory_of(step.fd2), context.program.text(step.text), "0");
}

int duplicate(const Step& step) noexcept {
  if (step.fd == step.fd2) return EINVAL;
  // A slot stays close-on-exec; 0, 1 and 2 are what the payload is given.
  return errno_of(::dup3(step.fd, step.fd2, step.fd2 <= 2 ? 0 : O_CLOEXEC));
}

}  // namespace berth::runtime
