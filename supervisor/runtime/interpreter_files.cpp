#include "supervisor/runtime/interpreter_files.h"

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

// Makes the last component of `path` in `parent`, which is open.
int make_component(int parent, const char* name, bool directory, bool last) noexcept {
  if (directory || !last) return errno_of(::mkdirat(parent, name, 0755));
  const int fd = ::openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
  if (fd < 0) return errno;
  ::close(fd);
  return 0;
}

// Opens the first `size` characters of `path` below `root`; makes its last component in `parent`
// when it is missing. What another process makes meanwhile is taken as it is.
int open_or_make(int root, int parent, const char* path, std::size_t begin, std::size_t size,
                 bool directory, bool last) noexcept {
  char prefix[PATH_MAX];
  std::memcpy(prefix, path, size);
  prefix[size] = '\0';
  int fd = raw::openat2(root, prefix, O_PATH, 0, kInRoot);
  if (fd != -ENOENT) return fd;
  const int error = make_component(parent, prefix + begin, directory, last);
  if (error != 0 && error != EEXIST) return -error;
  fd = raw::openat2(root, prefix, O_PATH, 0, kInRoot);
  return fd;
}

// Walks `path` component by component below `root`, making what is missing. Returns an O_PATH
// descriptor or a negated errno. Symbolic links are resolved inside the root.
int walk_and_make(int root, const char* path, bool directory) noexcept {
  int parent = raw::openat2(root, ".", O_PATH | O_DIRECTORY, 0, kInRoot);
  std::size_t at = 0;
  while (parent >= 0) {
    while (path[at] == '/') ++at;
    if (path[at] == '\0') return parent;
    const std::size_t begin = at;
    while (path[at] != '/' && path[at] != '\0') ++at;
    std::size_t rest = at;
    while (path[rest] == '/') ++rest;
    const int next = open_or_make(root, parent, path, begin, at, directory, path[rest] == '\0');
    ::close(parent);
    parent = next;
  }
  return parent;
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
  return place(walk_and_make(step.fd2, path.data(), step.value == 0), step.fd);
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
