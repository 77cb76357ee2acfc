// The system calls that glibc 2.36 has no function for, or only one that allocates or asks errno.
//
// Every function answers a number of zero or more, or the negated errno, and may be called between
// clone3 and execve: no allocation, no lock, no errno. Descriptors they make are close-on-exec.
#pragma once

#include <cstddef>
#include <cstdint>

#include <sys/types.h>

namespace berth::kernel::raw {

// What linux/mount.h and linux/openat2.h define; here because sys/mount.h cannot be included
// together with linux/mount.h.
inline constexpr unsigned kOpenTreeClone = 1;
inline constexpr unsigned kMoveMountFromEmptyPath = 0x04;
inline constexpr unsigned kMoveMountToEmptyPath = 0x40;
inline constexpr std::uint64_t kResolveNoXdev = 0x01;
inline constexpr std::uint64_t kResolveNoMagicLinks = 0x02;
inline constexpr std::uint64_t kResolveNoSymlinks = 0x04;
inline constexpr std::uint64_t kResolveBeneath = 0x08;
inline constexpr std::uint64_t kResolveInRoot = 0x10;
inline constexpr std::uint64_t kMountReadOnly = 0x01;
inline constexpr std::uint64_t kMountNoSuid = 0x02;
inline constexpr std::uint64_t kMountNoDev = 0x04;
inline constexpr std::uint64_t kMountNoExec = 0x08;
inline constexpr std::uint64_t kCloneIntoCgroup = 0x200000000ULL;    // Linux 5.7
inline constexpr std::uint64_t kCloneClearSighand = 0x100000000ULL;  // Linux 5.5

// flags: O_*; mode: with O_CREAT only. Linux 5.6.
int openat2(int directory, const char* path, std::uint64_t flags, std::uint64_t mode,
            std::uint64_t resolve) noexcept;

// An empty path with AT_EMPTY_PATH means the descriptor itself.
int open_tree(int directory, const char* path, unsigned flags) noexcept;
int move_mount(int from, const char* from_path, int to, const char* to_path,
               unsigned flags) noexcept;
int fsopen(const char* file_system) noexcept;
int fsconfig_string(int context, const char* key, const char* value) noexcept;
int fsconfig_flag(int context, const char* key) noexcept;
int fsconfig_create(int context) noexcept;
int fsmount(int context, std::uint64_t attributes) noexcept;
// What the kernel has to say about a failed fsconfig or fsmount: the messages that wait in the
// context, one a line. Returns their size.
std::size_t fs_messages(int context, char* buffer, std::size_t size) noexcept;
// propagation: MS_PRIVATE, MS_SLAVE or 0 (unchanged). Linux 5.12.
int mount_setattr(int tree, bool recursive, std::uint64_t set, std::uint64_t clear,
                  std::uint64_t propagation) noexcept;
int pivot_root(const char* new_root, const char* put_old) noexcept;

// Returns twice, as fork does, and like it never shares memory: 0 in the child. `pidfd` is
// written in the parent; cgroup is a descriptor or -1. CLONE_PARENT wants exit_signal 0.
pid_t clone3(std::uint64_t flags, int exit_signal, int* pidfd, int cgroup) noexcept;
// glibc 2.36 declares these two without extern "C".
int pidfd_open(pid_t pid) noexcept;
int pidfd_send_signal(int pidfd, int signal) noexcept;
int close_range(unsigned first, unsigned last, unsigned flags) noexcept;
int execveat(int fd, char* const argv[], char* const envp[]) noexcept;
int capset(std::uint64_t effective, std::uint64_t permitted, std::uint64_t inheritable) noexcept;
// effective = permitted, inheritable as it is: after setresuid, which empties the effective set.
int raise_permitted() noexcept;
// `filter` is an array of sock_filter, `count` its length.
int seccomp_filter(const void* filter, std::uint16_t count) noexcept;
int join_new_session_keyring() noexcept;
// 1 to 64 to their defaults (but `except`, or 0), whatever libc keeps to itself.
void reset_signal_dispositions(int except) noexcept;
void clear_signal_mask() noexcept;
// The calls that change ids, for this thread, without libc's signalling of other threads.
int setgroups(std::size_t count, const gid_t* groups) noexcept;
int setresgid(gid_t gid) noexcept;
int setresuid(uid_t uid) noexcept;
// What the kernel says the current directory is: "(unreachable)…" when it lies outside the root.
int getcwd(char* buffer, std::size_t size) noexcept;

}  // namespace berth::kernel::raw
