#include "supervisor/runtime/seccomp_export.h"

#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <linux/seccomp.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth::runtime {
namespace {

constexpr std::uint32_t kX32Bit = 0x40000000;  // in the numbers of x32's calls

Result<std::string> export_bytes(const SeccompFilter& filter) {
  const unique_fd memory(::memfd_create("seccomp", MFD_CLOEXEC));
  if (!memory) return fail_errno("cannot make a file in memory");
  if (const int error = ::seccomp_export_bpf(filter.get(), memory.get()); error != 0) {
    return std::unexpected(Error{"cannot make the seccomp filter: export", -error});
  }
  struct stat status{};
  if (::fstat(memory.get(), &status) != 0) return fail_errno("cannot read the seccomp filter");
  std::string bytes(static_cast<std::size_t>(status.st_size), '\0');
  if (::pread(memory.get(), bytes.data(), bytes.size(), 0) != status.st_size) {
    return fail_errno("cannot read the seccomp filter");
  }
  return bytes;
}

// The highest number that the library has a name for.
std::uint32_t last_known_call(std::uint32_t architecture) {
  std::uint32_t last = 0;
  for (int number = 0; number < 1024; ++number) {
    char* name = ::seccomp_syscall_resolve_num_arch(architecture, number);
    if (name != nullptr) last = static_cast<std::uint32_t>(number);
    std::free(name);
  }
  return last;
}

}  // namespace

sock_filter bpf::load(std::size_t offset) {
  return BPF_STMT(BPF_LD | BPF_W | BPF_ABS, static_cast<std::uint32_t>(offset));
}
sock_filter bpf::jump(std::uint16_t comparison, std::uint32_t value, std::uint8_t yes,
                      std::uint8_t no) {
  return BPF_JUMP(static_cast<std::uint16_t>(BPF_JMP | BPF_K | comparison), value, yes, no);
}
sock_filter bpf::answer_errno(std::uint32_t error) {
  return BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error);
}

void refuse_unknown(std::vector<sock_filter>& code, std::uint32_t architecture) {
  const std::uint32_t last = last_known_call(architecture);
  if (last == 0) return;  // its numbers do not begin at 0
  code.push_back(bpf::load(offsetof(seccomp_data, arch)));
  code.push_back(bpf::jump(BPF_JEQ, architecture, 0, 4));
  code.push_back(bpf::load(offsetof(seccomp_data, nr)));
  code.push_back(bpf::jump(BPF_JGE, kX32Bit, 2, 0));
  code.push_back(bpf::jump(BPF_JGT, last, 0, 1));
  code.push_back(bpf::answer_errno(ENOSYS));
}

Result<std::string> export_seccomp(const SeccompFilter& filter,
                                   const std::vector<sock_filter>& front) {
  const std::string body = TRY(export_bytes(filter));
  std::string bytes(reinterpret_cast<const char*>(front.data()),
                    front.size() * sizeof(sock_filter));
  bytes += body;
  if (bytes.size() / sizeof(sock_filter) > BPF_MAXINSNS) {
    return fail("the seccomp filter is too large for the kernel");
  }
  return bytes;
}

}  // namespace berth::runtime
