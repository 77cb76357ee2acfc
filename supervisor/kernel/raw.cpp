#include "supervisor/kernel/raw.h"

#include <cerrno>

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace berth::kernel::raw {
namespace {

// The numbers that are the same on every architecture (Linux 5.1 and later).
constexpr long kOpenTree = 428, kMoveMount = 429, kFsopen = 430, kFsconfig = 431, kFsmount = 432,
               kClone3 = 435, kCloseRange = 436, kOpenat2 = 437, kMountSetattr = 442;

// enum fsconfig_command of linux/mount.h.
constexpr unsigned kSetFlag = 0, kSetString = 1, kCommandCreate = 6;

struct OpenHow {
  std::uint64_t flags, mode, resolve;
};
struct MountAttr {
  std::uint64_t attr_set, attr_clr, propagation, userns_fd;
};
// struct kernel_sigaction, with room for every architecture's.
struct KernelSigaction {
  std::uint64_t words[4];
};

int answer(long result) noexcept { return result < 0 ? -errno : static_cast<int>(result); }

}  // namespace

int openat2(int directory, const char* path, std::uint64_t flags, std::uint64_t mode,
            std::uint64_t resolve) noexcept {
  const OpenHow how{flags | O_CLOEXEC, mode, resolve};
  // EAGAIN: a rename elsewhere raced with "..", and the walk is to be done again.
  for (int attempt = 0;; ++attempt) {
    const int fd = answer(::syscall(kOpenat2, directory, path, &how, sizeof(how)));
    if (fd != -EAGAIN || attempt == 100) return fd;
  }
}

int open_tree(int directory, const char* path, unsigned flags) noexcept {
  return answer(::syscall(kOpenTree, directory, path, flags | O_CLOEXEC));
}

int move_mount(int from, const char* from_path, int to, const char* to_path,
               unsigned flags) noexcept {
  return answer(::syscall(kMoveMount, from, from_path, to, to_path, flags));
}

int fsopen(const char* file_system) noexcept { return answer(::syscall(kFsopen, file_system, 1)); }

int fsconfig_string(int context, const char* key, const char* value) noexcept {
  return answer(::syscall(kFsconfig, context, kSetString, key, value, 0));
}

int fsconfig_flag(int context, const char* key) noexcept {
  return answer(::syscall(kFsconfig, context, kSetFlag, key, nullptr, 0));
}

int fsconfig_create(int context) noexcept {
  return answer(::syscall(kFsconfig, context, kCommandCreate, nullptr, nullptr, 0));
}

int fsmount(int context, std::uint64_t attributes) noexcept {
  return answer(::syscall(kFsmount, context, 1, static_cast<unsigned>(attributes)));
}

std::size_t fs_messages(int context, char* buffer, std::size_t size) noexcept {
  std::size_t used = 0;
  while (used + 1 < size) {
    const ssize_t count = ::read(context, buffer + used, size - used - 1);
    if (count <= 0) break;
    used += static_cast<std::size_t>(count);
  }
  if (size > 0) buffer[used] = '\0';
  return used;
}

int mount_setattr(int tree, bool recursive, std::uint64_t set, std::uint64_t clear,
                  std::uint64_t propagation) noexcept {
  const MountAttr attributes{set, clear, propagation, 0};
  const unsigned flags = AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0);
  return answer(::syscall(kMountSetattr, tree, "", flags, &attributes, sizeof(attributes)));
}

int pivot_root(const char* new_root, const char* put_old) noexcept {
  return answer(::syscall(SYS_pivot_root, new_root, put_old));
}

pid_t clone3(std::uint64_t flags, int exit_signal, int* pidfd, int cgroup) noexcept {
  clone_args args{};
  args.flags = flags | (pidfd != nullptr ? CLONE_PIDFD : 0) | (cgroup >= 0 ? kCloneIntoCgroup : 0);
  args.pidfd = reinterpret_cast<std::uintptr_t>(pidfd);
  args.exit_signal = static_cast<std::uint64_t>(exit_signal);
  args.cgroup = cgroup >= 0 ? static_cast<std::uint64_t>(cgroup) : 0;
  return answer(::syscall(kClone3, &args, sizeof(args)));
}

int pidfd_open(pid_t pid) noexcept { return answer(::syscall(SYS_pidfd_open, pid, 0)); }

int pidfd_send_signal(int pidfd, int signal) noexcept {
  return answer(::syscall(SYS_pidfd_send_signal, pidfd, signal, nullptr, 0));
}

int close_range(unsigned first, unsigned last, unsigned flags) noexcept {
  if (first > last) return 0;
  return answer(::syscall(kCloseRange, first, last, flags));
}

int execveat(int fd, char* const argv[], char* const envp[]) noexcept {
  return answer(::syscall(SYS_execveat, fd, "", argv, envp, AT_EMPTY_PATH));
}

int capset(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable) noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  for (int half = 0; half < 2; ++half) {
    data[half].effective = static_cast<std::uint32_t>(effective >> (32 * half));
    data[half].permitted = static_cast<std::uint32_t>(permitted >> (32 * half));
    data[half].inheritable = static_cast<std::uint32_t>(inheritable >> (32 * half));
  }
  return answer(::syscall(SYS_capset, &header, data));
}

int raise_permitted() noexcept {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (const int result = answer(::syscall(SYS_capget, &header, data)); result < 0) return result;
  for (auto& half : data) half.effective = half.permitted;
  return answer(::syscall(SYS_capset, &header, data));
}

int seccomp_filter(const void* filter, std::uint16_t count) noexcept {
  sock_fprog program{};
  program.len = count;
  program.filter = static_cast<sock_filter*>(const_cast<void*>(filter));
  return answer(::syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program));
}

int join_new_session_keyring() noexcept {
  return answer(::syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, nullptr));
}

void reset_signal_dispositions(int except) noexcept {
  const KernelSigaction defaults{};
  for (int number = 1; number <= 64; ++number) {
    if (number == SIGKILL || number == SIGSTOP || number == except) continue;
    ::syscall(SYS_rt_sigaction, number, &defaults, nullptr, 8);
  }
}

void clear_signal_mask() noexcept {
  const std::uint64_t none = 0;
  ::syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, 8);
}

int setgroups(std::size_t count, const gid_t* groups) noexcept {
  return answer(::syscall(SYS_setgroups, count, groups));
}

int setresgid(gid_t gid) noexcept { return answer(::syscall(SYS_setresgid, gid, gid, gid)); }

int setresuid(uid_t uid) noexcept { return answer(::syscall(SYS_setresuid, uid, uid, uid)); }

int getcwd(char* buffer, std::size_t size) noexcept {
  return answer(::syscall(SYS_getcwd, buffer, size));
}

}  // namespace berth::kernel::raw
