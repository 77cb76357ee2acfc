#include "supervisor/runtime/interpreter_mounts.h"

#include <cerrno>

#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::Step;

// More mounts than this on one place are not ours.
constexpr int kMaxStacked = 64;

int errno_of(int result) noexcept { return result < 0 ? -result : 0; }

// The kernel's own words about a refused option are worth more than EINVAL.
int explained(const StepContext& context, int file_system, int result) noexcept {
  if (result >= 0) return 0;
  if (context.detail != nullptr) {
    char words[240];
    const std::size_t size = raw::fs_messages(file_system, words, sizeof(words));
    context.detail->add({words, size});
  }
  return -result;
}

int move_onto(int tree, int target) noexcept {
  return errno_of(raw::move_mount(tree, "", target, "",
                                  raw::kMoveMountFromEmptyPath | raw::kMoveMountToEmptyPath));
}

// O_PATH of `text` below the current root, never through a magic link.
unique_fd open_in_root(const char* text, std::uint64_t flags, int& error) noexcept {
  const unique_fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!root) {
    error = errno;
    return {};
  }
  const int fd = raw::openat2(root.get(), text, O_PATH | flags, 0,
                              raw::kResolveInRoot | raw::kResolveNoMagicLinks);
  error = errno_of(fd);
  return unique_fd(fd < 0 ? -1 : fd);
}

bool is_missing(int error) noexcept { return error == ENOENT || error == ENOTDIR; }

// An empty read-only tmpfs over a directory.
int mask_directory(const StepContext& context, int target) noexcept {
  const int opened = raw::fsopen("tmpfs");
  if (opened < 0) return -opened;
  const unique_fd file_system(opened);
  int result = raw::fsconfig_flag(opened, "ro");
  if (result >= 0) result = raw::fsconfig_string(opened, "size", "4096");
  if (result >= 0) result = raw::fsconfig_create(opened);
  if (result >= 0) {
    result = raw::fsmount(
        opened, raw::kMountReadOnly | raw::kMountNoSuid | raw::kMountNoDev | raw::kMountNoExec);
  }
  if (result < 0) return explained(context, opened, result);
  const unique_fd tree(result);
  return move_onto(tree.get(), target);
}

// /dev/null over a file; what stands there must be the null device itself, whatever the root
// file system's owner made of the name.
int mask_file(int target) noexcept {
  int error = 0;
  const unique_fd null = open_in_root("/dev/null", O_NOFOLLOW, error);
  if (error != 0) return error;
  struct stat status{};
  if (::fstat(null.get(), &status) != 0) return errno;
  if (!S_ISCHR(status.st_mode) || status.st_rdev != makedev(1, 3)) return EPERM;
  const int cloned = raw::open_tree(null.get(), "", raw::kOpenTreeClone | AT_EMPTY_PATH);
  if (cloned < 0) return -cloned;
  const unique_fd tree(cloned);
  return move_onto(tree.get(), target);
}

}  // namespace

int fs_open(const StepContext& context, const Step& step) noexcept {
  return place(raw::fsopen(context.program.text(step.text)), step.fd);
}

int fs_config(const StepContext& context, const Step& step) noexcept {
  const char* const key = context.program.text(step.text);
  const int result = step.text2.size == 0
                         ? raw::fsconfig_flag(step.fd, key)
                         : raw::fsconfig_string(step.fd, key, context.program.text(step.text2));
  return explained(context, step.fd, result);
}

int fs_mount(const StepContext& context, const Step& step) noexcept {
  int result = raw::fsconfig_create(step.fd);
  if (result >= 0) result = raw::fsmount(step.fd, step.value);
  if (result < 0) return explained(context, step.fd, result);
  return place(result, step.fd2);
}

int clone_tree(const StepContext& context, const Step& step) noexcept {
  const bool recursive = step.value != 0;
  const bool by_path = step.fd2 < 0;
  const unsigned flags =
      raw::kOpenTreeClone | (recursive ? AT_RECURSIVE : 0) | (by_path ? 0 : AT_EMPTY_PATH);
  const int tree =
      raw::open_tree(directory_of(step.fd2), by_path ? context.program.text(step.text) : "", flags);
  if (tree < 0) return -tree;
  // Else what the host mounts below the source later would appear in the container.
  if (const int result = raw::mount_setattr(tree, recursive, 0, 0, MS_PRIVATE); result < 0) {
    ::close(tree);
    return -result;
  }
  return place(tree, step.fd);
}

int set_attr(const Step& step) noexcept {
  return errno_of(raw::mount_setattr(step.fd, (step.flags & handoff::kRecursive) != 0, step.value,
                                     step.value2, 0));
}

int attach(const StepContext& context, const Step& step) noexcept {
  if (step.fd2 >= 0) return move_onto(step.fd, step.fd2);
  return errno_of(raw::move_mount(step.fd, "", AT_FDCWD, context.program.text(step.text),
                                  raw::kMoveMountFromEmptyPath));
}

int detach(const StepContext& context, const Step& step) noexcept {
  for (int count = 0; count < kMaxStacked; ++count) {
    if (::umount2(context.program.text(step.text), MNT_DETACH | UMOUNT_NOFOLLOW) == 0) continue;
    return errno == EINVAL ? 0 : errno;  // EINVAL: nothing is mounted there
  }
  return EBUSY;
}

int mask(const StepContext& context, const Step& step) noexcept {
  int error = 0;
  const unique_fd target = open_in_root(context.program.text(step.text), 0, error);
  if (error != 0) return is_missing(error) ? 0 : error;
  struct stat status{};
  if (::fstat(target.get(), &status) != 0) return errno;
  return S_ISDIR(status.st_mode) ? mask_directory(context, target.get()) : mask_file(target.get());
}

int read_only(const StepContext& context, const Step& step) noexcept {
  int error = 0;
  const unique_fd target = open_in_root(context.program.text(step.text), 0, error);
  if (error != 0) return is_missing(error) ? 0 : error;
  const int cloned =
      raw::open_tree(target.get(), "", raw::kOpenTreeClone | AT_EMPTY_PATH | AT_RECURSIVE);
  if (cloned < 0) return -cloned;
  const unique_fd tree(cloned);
  if (const int result = raw::mount_setattr(cloned, true, raw::kMountReadOnly, 0, 0); result < 0) {
    return -result;
  }
  return move_onto(cloned, target.get());
}

int pivot(const StepContext& context, const Step& step) noexcept {
  const int moved = step.fd >= 0 ? ::fchdir(step.fd) : ::chdir(context.program.text(step.text));
  if (moved != 0) return errno;
  // The old root is stacked over the new one and taken off from there; see pivot_root(2).
  if (const int result = raw::pivot_root(".", "."); result < 0) return -result;
  if (::umount2(".", MNT_DETACH) != 0) return errno;
  return ::chdir("/") == 0 ? 0 : errno;
}

}  // namespace berth::runtime
