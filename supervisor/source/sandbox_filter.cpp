// The seccomp filter of confined programs: a short list of what they may not do. They are
// unprivileged; this keeps them from becoming root of a user namespace, and from parts of the
// kernel that they have no business with. A refused call answers EPERM.
#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/syscall.h>

#include "supervisor/kernel/raw.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {
namespace {

#if defined(__x86_64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_X86_64;
constexpr std::uint32_t kForeignCalls = 0x40000000;  // x32: other numbers for the same calls
#elif defined(__aarch64__)
constexpr std::uint32_t kArchitecture = AUDIT_ARCH_AARCH64;
constexpr std::uint32_t kForeignCalls = 0;
#else
#error "the numbers of this architecture are not known here"
#endif

constexpr std::array kRefused{
    __NR_unshare,
    __NR_setns,
    __NR_mount,
    __NR_umount2,
    __NR_pivot_root,
    __NR_chroot,
    __NR_ptrace,
    __NR_bpf,
    __NR_perf_event_open,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    __NR_userfaultfd,
    __NR_kexec_load,
    __NR_init_module,
    __NR_finit_module,
    __NR_delete_module,
    __NR_process_vm_readv,
    __NR_process_vm_writev,
    __NR_open_tree,
    __NR_move_mount,
    __NR_fsopen,
    __NR_fsconfig,
    __NR_fsmount,
    __NR_mount_setattr,
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
    __NR_open_by_handle_at,
    __NR_acct,
    __NR_quotactl,
    __NR_reboot,
    __NR_swapon,
    __NR_swapoff,
    __NR_syslog,
    __NR_settimeofday,
    __NR_clock_settime,
    __NR_adjtimex,
    __NR_personality,
};

constexpr sock_filter statement(unsigned code, std::uint32_t value) {
  return {static_cast<std::uint16_t>(code), 0, 0, value};
}
// Skips so many instructions when it is, so many when it is not.
constexpr sock_filter test(unsigned kind, std::uint32_t value, unsigned is, unsigned is_not) {
  return {static_cast<std::uint16_t>(BPF_JMP | kind | BPF_K), static_cast<std::uint8_t>(is),
          static_cast<std::uint8_t>(is_not), value};
}
constexpr sock_filter load(std::size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
constexpr sock_filter answer(std::uint32_t value) { return statement(BPF_RET | BPF_K, value); }
constexpr std::uint32_t refuse(int code) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(code);
}

// clone's flags are its first argument here; this reads the lower half of it.
constexpr std::size_t kFlags = offsetof(seccomp_data, args);
constexpr std::uint32_t kNamespaceFlags = CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID |
                                          CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                                          CLONE_NEWCGROUP;

std::vector<sock_filter> program() {
  std::vector<sock_filter> code{
      load(offsetof(seccomp_data, arch)),
      test(BPF_JEQ, kArchitecture, 1, 0),
      answer(SECCOMP_RET_KILL_PROCESS),
      load(offsetof(seccomp_data, nr)),
  };
  if (kForeignCalls != 0) {
    code.push_back(test(BPF_JGE, kForeignCalls, 0, 1));
    code.push_back(answer(refuse(ENOSYS)));
  }
  for (const auto number : kRefused) {
    code.push_back(test(BPF_JEQ, static_cast<std::uint32_t>(number), 0, 1));
    code.push_back(answer(refuse(EPERM)));
  }
  // Its flags lie in memory, where a filter cannot look. libc falls back to clone.
  code.push_back(test(BPF_JEQ, __NR_clone3, 0, 1));
  code.push_back(answer(refuse(ENOSYS)));
  code.push_back(test(BPF_JEQ, __NR_clone, 0, 3));
  code.push_back(load(kFlags));
  code.push_back(test(BPF_JSET, kNamespaceFlags, 0, 1));
  code.push_back(answer(refuse(EPERM)));
  code.push_back(answer(SECCOMP_RET_ALLOW));
  return code;
}

}  // namespace

int install_filter() noexcept {
  const std::vector<sock_filter> code = program();
  return -kernel::raw::seccomp_filter(code.data(), static_cast<std::uint16_t>(code.size()));
}

}  // namespace berth::source
