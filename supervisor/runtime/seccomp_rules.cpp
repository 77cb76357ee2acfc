#include "supervisor/runtime/seccomp_rules.h"

#include <linux/capability.h>

namespace berth::runtime {
namespace {

// clang-format off: lists of words, several a line.
constexpr std::string_view kForAll[] = {
    // Files and directories.
    "access", "arm_fadvise64_64", "arm_sync_file_range", "cachestat", "chdir", "chmod", "chown",
    "chown32", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3",
    "faccessat", "faccessat2", "fadvise64", "fadvise64_64", "fallocate", "fchdir", "fchmod",
    "fchmodat", "fchmodat2", "fchown", "fchown32", "fchownat", "fcntl", "fcntl64", "fdatasync",
    "flock", "fstat", "fstat64", "fstatat64", "fstatfs", "fstatfs64", "fsync", "ftruncate",
    "ftruncate64", "futimesat", "getcwd", "getdents", "getdents64", "ioctl", "lchown",
    "lchown32", "link", "linkat", "listmount", "_llseek", "lseek", "lstat", "lstat64",
    "memfd_create", "memfd_secret", "mkdir", "mkdirat", "mknod", "mknodat", "name_to_handle_at",
    "newfstatat", "open", "openat", "openat2", "pread64", "preadv", "preadv2", "pwrite64",
    "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv", "rename",
    "renameat", "renameat2", "rmdir", "sendfile", "sendfile64", "splice", "stat", "stat64",
    "statfs", "statfs64", "statmount", "statx", "symlink", "symlinkat", "sync",
    "sync_file_range", "sync_file_range2", "syncfs", "tee", "truncate", "truncate64", "umask",
    "unlink", "unlinkat", "utime", "utimensat", "utimensat_time64", "utimes", "vmsplice",
    "write", "writev",
    // Extended attributes.
    "fgetxattr", "flistxattr", "fremovexattr", "fsetxattr", "getxattr", "getxattrat",
    "lgetxattr", "listxattr", "listxattrat", "llistxattr", "lremovexattr", "lsetxattr",
    "removexattr", "removexattrat", "setxattr", "setxattrat",
    // Watching and waiting.
    "epoll_create", "epoll_create1", "epoll_ctl", "epoll_ctl_old", "epoll_pwait",
    "epoll_pwait2", "epoll_wait", "epoll_wait_old", "eventfd", "eventfd2", "fanotify_mark",
    "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "io_cancel",
    "io_destroy", "io_getevents", "io_pgetevents", "io_pgetevents_time64", "io_setup",
    "io_submit", "_newselect", "pause", "pipe", "pipe2", "poll", "ppoll", "ppoll_time64",
    "pselect6", "pselect6_time64", "select",
    // Memory.
    "brk", "madvise", "map_shadow_stack", "membarrier", "mincore", "mlock", "mlock2",
    "mlockall", "mmap", "mmap2", "mprotect", "mremap", "mseal", "msync", "munlock",
    "munlockall", "munmap", "pkey_alloc", "pkey_free", "pkey_mprotect", "process_mrelease",
    "remap_file_pages",
    // Processes and threads.
    "arch_prctl", "breakpoint", "cacheflush", "capget", "capset", "execve", "execveat", "exit",
    "exit_group", "fork", "futex", "futex_requeue", "futex_time64", "futex_wait", "futex_waitv",
    "futex_wake", "get_robust_list", "get_thread_area", "getcpu", "getegid", "getegid32",
    "geteuid", "geteuid32", "getgid", "getgid32", "getgroups", "getgroups32", "getpgid",
    "getpgrp", "getpid", "getppid", "getpriority", "getresgid", "getresgid32", "getresuid",
    "getresuid32", "getrlimit", "getrusage", "getsid", "gettid", "getuid", "getuid32",
    "ioprio_get", "ioprio_set", "landlock_add_rule", "landlock_create_ruleset",
    "landlock_restrict_self", "modify_ldt", "pidfd_open", "pidfd_send_signal", "prctl",
    "prlimit64", "process_vm_readv", "process_vm_writev", "ptrace", "restart_syscall",
    "riscv_flush_icache", "riscv_hwprobe", "rseq", "s390_runtime_instr",
    "sched_get_priority_max", "sched_get_priority_min", "sched_getaffinity", "sched_getattr",
    "sched_getparam", "sched_getscheduler", "sched_rr_get_interval",
    "sched_rr_get_interval_time64", "sched_setaffinity", "sched_setattr", "sched_setparam",
    "sched_setscheduler", "sched_yield", "seccomp", "set_robust_list", "set_thread_area",
    "set_tid_address", "set_tls", "setfsgid", "setfsgid32", "setfsuid", "setfsuid32", "setgid",
    "setgid32", "setgroups", "setgroups32", "setpgid", "setpriority", "setregid", "setregid32",
    "setresgid", "setresgid32", "setresuid", "setresuid32", "setreuid", "setreuid32",
    "setrlimit", "setsid", "setuid", "setuid32", "swapcontext", "ugetrlimit", "uretprobe",
    "vfork", "wait4", "waitid", "waitpid",
    // Signals.
    "kill", "rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo",
    "rt_sigreturn", "rt_sigsuspend", "rt_sigtimedwait", "rt_sigtimedwait_time64",
    "rt_tgsigqueueinfo", "sigaction", "sigaltstack", "signal", "signalfd", "signalfd4",
    "sigpending", "sigprocmask", "sigreturn", "sigsuspend", "tgkill", "tkill",
    // Time.
    "adjtimex", "alarm", "clock_adjtime", "clock_adjtime64", "clock_getres",
    "clock_getres_time64", "clock_gettime", "clock_gettime64", "clock_nanosleep",
    "clock_nanosleep_time64", "getitimer", "gettimeofday", "nanosleep", "setitimer", "time",
    "timer_create", "timer_delete", "timer_getoverrun", "timer_gettime", "timer_gettime64",
    "timer_settime", "timer_settime64", "timerfd_create", "timerfd_gettime",
    "timerfd_gettime64", "timerfd_settime", "timerfd_settime64", "times",
    // Sockets; socket and socketcall have rules of their own.
    "accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt",
    "listen", "recv", "recvfrom", "recvmmsg", "recvmmsg_time64", "recvmsg", "send", "sendmmsg",
    "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair",
    // System V and POSIX message queues, semaphores, shared memory.
    "ipc", "mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedreceive_time64",
    "mq_timedsend", "mq_timedsend_time64", "mq_unlink", "msgctl", "msgget", "msgrcv", "msgsnd",
    "semctl", "semget", "semop", "semtimedop", "semtimedop_time64", "shmat", "shmctl", "shmdt",
    "shmget",
    // The rest.
    "getrandom", "sysinfo", "uname",
};
// clang-format on

constexpr std::string_view kDacReadSearch[] = {"open_by_handle_at"};
constexpr std::string_view kSysAdmin[] = {"bpf",
                                          "clone",
                                          "clone3",
                                          "fanotify_init",
                                          "fsconfig",
                                          "fsmount",
                                          "fsopen",
                                          "fspick",
                                          "lookup_dcookie",
                                          "lsm_get_self_attr",
                                          "lsm_list_modules",
                                          "lsm_set_self_attr",
                                          "mount",
                                          "mount_setattr",
                                          "move_mount",
                                          "open_tree",
                                          "perf_event_open",
                                          "quotactl",
                                          "quotactl_fd",
                                          "setdomainname",
                                          "sethostname",
                                          "setns",
                                          "syslog",
                                          "umount",
                                          "umount2",
                                          "unshare"};
constexpr std::string_view kSysBoot[] = {"reboot"};
constexpr std::string_view kSysChroot[] = {"chroot"};
constexpr std::string_view kSysModule[] = {"delete_module", "finit_module", "init_module"};
constexpr std::string_view kSysPacct[] = {"acct"};
constexpr std::string_view kSysPtrace[] = {"kcmp", "pidfd_getfd", "process_madvise"};
constexpr std::string_view kSysRawio[] = {"ioperm", "iopl"};
constexpr std::string_view kSysTime[] = {"clock_settime", "clock_settime64", "settimeofday",
                                         "stime"};
constexpr std::string_view kSysTtyConfig[] = {"vhangup"};
constexpr std::string_view kSysNice[] = {"get_mempolicy", "mbind", "set_mempolicy",
                                         "set_mempolicy_home_node"};
constexpr std::string_view kSyslog[] = {"syslog"};
constexpr std::string_view kBpf[] = {"bpf"};
constexpr std::string_view kPerfmon[] = {"perf_event_open"};

constexpr CapabilityCalls kByCapability[] = {{CAP_DAC_READ_SEARCH, kDacReadSearch},
                                             {CAP_SYS_ADMIN, kSysAdmin},
                                             {CAP_SYS_BOOT, kSysBoot},
                                             {CAP_SYS_CHROOT, kSysChroot},
                                             {CAP_SYS_MODULE, kSysModule},
                                             {CAP_SYS_PACCT, kSysPacct},
                                             {CAP_SYS_PTRACE, kSysPtrace},
                                             {CAP_SYS_RAWIO, kSysRawio},
                                             {CAP_SYS_TIME, kSysTime},
                                             {CAP_SYS_TTY_CONFIG, kSysTtyConfig},
                                             {CAP_SYS_NICE, kSysNice},
                                             {CAP_SYSLOG, kSyslog},
                                             {CAP_BPF, kBpf},
                                             {CAP_PERFMON, kPerfmon}};

// AF_NETBEUI, AF_SECURITY, AF_KEY, AF_NETLINK, AF_PACKET, AF_ASH, AF_RDS, AF_SNA, AF_PPPOX, AF_LLC,
// AF_IB, AF_MPLS, AF_CAN, AF_TIPC, AF_BLUETOOTH, AF_IUCV, AF_RXRPC, AF_PHONET, AF_IEEE802154,
// AF_NFC, AF_KCM, AF_QIPCRTR, AF_SMC, AF_XDP, AF_MCTP.
constexpr std::uint64_t kFamilies[] = {13, 14, 15, 16, 17, 18, 21, 22, 24, 26, 27, 28, 29,
                                       30, 31, 32, 33, 35, 36, 39, 41, 42, 43, 44, 45};
// PER_LINUX, PER_LINUX32, UNAME26 with both, and "tell me".
constexpr std::uint64_t kPersonalities[] = {0x0, 0x8, 0x20000, 0x20008, 0xffffffff};

}  // namespace

std::span<const std::string_view> calls_for_all() { return kForAll; }
std::span<const CapabilityCalls> calls_by_capability() { return kByCapability; }
std::span<const std::uint64_t> other_families() { return kFamilies; }
std::span<const std::uint64_t> personalities() { return kPersonalities; }

}  // namespace berth::runtime
