// The filter is carried out here by a small interpreter of classic BPF, so that every call on
// every architecture can be asked about without making it; that the kernel agrees is seen with
// real containers.
#include "supervisor/runtime/seccomp.h"

#include <cerrno>
#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>

#include "supervisor/runtime/security.h"

namespace berth::runtime {
namespace {

constexpr std::uint32_t kAllow = SECCOMP_RET_ALLOW;
constexpr std::uint32_t refused(int error) {
  return SECCOMP_RET_ERRNO | static_cast<std::uint32_t>(error);
}

bool jumps(const sock_filter& code, std::uint32_t accumulator) {
  switch (BPF_OP(code.code)) {
    case BPF_JEQ: return accumulator == code.k;
    case BPF_JGT: return accumulator > code.k;
    case BPF_JGE: return accumulator >= code.k;
    case BPF_JSET: return (accumulator & code.k) != 0;
    default: FAIL("an unknown jump"); return false;
  }
}

std::uint32_t answer(const std::string& filter, const seccomp_data& call) {
  std::vector<sock_filter> program(filter.size() / sizeof(sock_filter));
  std::memcpy(program.data(), filter.data(), filter.size());
  std::uint32_t accumulator = 0;
  for (std::size_t at = 0; at < program.size(); ++at) {
    const sock_filter& code = program[at];
    switch (BPF_CLASS(code.code)) {
      case BPF_LD:
        std::memcpy(&accumulator, reinterpret_cast<const char*>(&call) + code.k, 4);
        break;
      case BPF_ALU:
        REQUIRE(BPF_OP(code.code) == BPF_AND);
        accumulator &= code.k;
        break;
      case BPF_JMP:
        if (BPF_OP(code.code) == BPF_JA) {
          at += code.k;
        } else {
          at += jumps(code, accumulator) ? code.jt : code.jf;
        }
        break;
      case BPF_RET: return code.k;
      default: FAIL("an unknown instruction");
    }
  }
  FAIL("the filter has no end");
  return 0;
}

std::uint32_t ask(const std::string& filter, std::uint32_t architecture, const char* name,
                  std::uint64_t argument = 0) {
  seccomp_data call{};
  call.nr = ::seccomp_syscall_resolve_name_arch(architecture, name);
  // libseccomp answers a number of its own for i386's socket, which has two ways in.
  if (call.nr < 0) call.nr = 359;
  call.arch = architecture == SCMP_ARCH_X32 ? AUDIT_ARCH_X86_64 : architecture;
  call.args[0] = argument;
  return answer(filter, call);
}

#if defined(__x86_64__)
const std::uint32_t kEach[] = {SCMP_ARCH_X86_64, SCMP_ARCH_X86, SCMP_ARCH_X32};

TEST_CASE("ordinary calls are allowed, dangerous ones refused, by each way in") {
  const std::string filter = compile_seccomp(default_capabilities()).value();
  for (const std::uint32_t architecture : kEach) {
    for (const char* name : {"read", "openat", "execve", "futex", "close_range", "chroot"}) {
      CHECK_MESSAGE(ask(filter, architecture, name) == kAllow, name);
    }
    for (const char* name :
         {"mount",        "umount2",     "unshare",           "setns",          "keyctl",
          "add_key",      "bpf",         "perf_event_open",   "io_uring_setup", "userfaultfd",
          "kexec_load",   "init_module", "open_by_handle_at", "fsopen",         "move_mount",
          "swapon",       "reboot",      "pivot_root",        "iopl",           "syslog",
          "clock_settime"}) {
      CHECK_MESSAGE(ask(filter, architecture, name) == refused(EPERM), name);
    }
  }
}

TEST_CASE("clone makes threads and processes, not namespaces; clone3 is not there") {
  const std::string filter = compile_seccomp(default_capabilities()).value();
  for (const std::uint32_t architecture : kEach) {
    CHECK(ask(filter, architecture, "clone", CLONE_VM | CLONE_THREAD) == kAllow);
    CHECK(ask(filter, architecture, "clone", CLONE_NEWUSER) == refused(EPERM));
    CHECK(ask(filter, architecture, "clone", CLONE_NEWNS | CLONE_VM) == refused(EPERM));
    CHECK(ask(filter, architecture, "clone3") == refused(ENOSYS));
  }
}

TEST_CASE("sockets into the host's machine and the kernel's cryptography are refused") {
  const std::string filter = compile_seccomp(default_capabilities()).value();
  for (const std::uint32_t architecture : kEach) {
    CHECK(ask(filter, architecture, "socket", 1) == kAllow);           // AF_UNIX
    CHECK(ask(filter, architecture, "socket", 2) == kAllow);           // AF_INET
    CHECK(ask(filter, architecture, "socket", 10) == kAllow);          // AF_INET6
    CHECK(ask(filter, architecture, "socket", 16) == kAllow);          // AF_NETLINK
    CHECK(ask(filter, architecture, "socket", 38) == refused(EPERM));  // AF_ALG
    CHECK(ask(filter, architecture, "socket", 40) == refused(EPERM));  // AF_VSOCK
    CHECK(ask(filter, architecture, "socket", 999) == refused(EPERM));
  }
  CHECK(ask(filter, SCMP_ARCH_X86, "socketcall", 1) == refused(EPERM));
  CHECK(ask(filter, SCMP_ARCH_X86, "socketcall", 3) == kAllow);  // connect
}

TEST_CASE("personalities that weaken a process are refused") {
  const std::string filter = compile_seccomp(0).value();
  CHECK(ask(filter, SCMP_ARCH_X86_64, "personality", 0xffffffff) == kAllow);
  CHECK(ask(filter, SCMP_ARCH_X86_64, "personality", 0x8) == kAllow);
  CHECK(ask(filter, SCMP_ARCH_X86_64, "personality", 0x0040000) == refused(EPERM));
}

TEST_CASE("calls newer than the library answer that they are not there") {
  const std::string filter = compile_seccomp(0).value();
  seccomp_data call{};
  const std::uint32_t two[] = {AUDIT_ARCH_X86_64, AUDIT_ARCH_I386};
  for (const std::uint32_t architecture : two) {
    call.arch = architecture;
    call.nr = 700;
    CHECK(answer(filter, call) == refused(ENOSYS));
  }
  call.arch = AUDIT_ARCH_AARCH64;
  call.nr = 0;
  CHECK(answer(filter, call) == SECCOMP_RET_KILL_PROCESS);
}

TEST_CASE("a capability brings its calls") {
  const auto with = [](const char* name) {
    return compile_seccomp(std::uint64_t{1} << capability_number(name).value()).value();
  };
  const std::string administrator = with("sys_admin");
  CHECK(ask(administrator, SCMP_ARCH_X86_64, "mount") == kAllow);
  CHECK(ask(administrator, SCMP_ARCH_X86_64, "clone", CLONE_NEWUSER) == kAllow);
  CHECK(ask(administrator, SCMP_ARCH_X86_64, "clone3") == kAllow);
  CHECK(ask(administrator, SCMP_ARCH_X86_64, "init_module") == refused(EPERM));
  CHECK(ask(with("sys_module"), SCMP_ARCH_X86_64, "init_module") == kAllow);
  CHECK(ask(with("sys_chroot"), SCMP_ARCH_X86_64, "chroot") == kAllow);
  CHECK(ask(with("sys_module"), SCMP_ARCH_X86_64, "chroot") == refused(EPERM));
}
#endif

TEST_CASE("a filter is made once for all capabilities that mean the same to it") {
  SeccompFilters filters;
  const std::string* first = filters.get(0).value();
  CHECK(filters.get(1).value() == first);  // chown has no calls of its own
  CHECK(filters.get(std::uint64_t{1} << 21).value() != first);
}

}  // namespace
}  // namespace berth::runtime
