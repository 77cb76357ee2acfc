#include "supervisor/kernel/features.h"

#include <charconv>
#include <fstream>

#include <linux/seccomp.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"

namespace berth::kernel {
namespace {

// Opening a context loads the module where there is one, and needs no mount.
bool has_file_system(const char* name) {
  const unique_fd context(raw::fsopen(name));
  return context.get() >= 0;
}

bool has_seccomp_filter() {
  const std::uint32_t action = SECCOMP_RET_ERRNO;
  return ::syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action) == 0;
}

long number_in(const char* path) {
  std::ifstream file(path);
  long number = 0;
  file >> number;
  return number;
}

}  // namespace

Result<void> parse_release(std::string_view release, KernelFeatures& features) {
  const char* const end = release.data() + release.size();
  const auto major = std::from_chars(release.data(), end, features.major);
  if (major.ec != std::errc{} || major.ptr == end || *major.ptr != '.') {
    return fail("cannot read the kernel's version from '" + std::string(release) + "'");
  }
  const auto minor = std::from_chars(major.ptr + 1, end, features.minor);
  if (minor.ec != std::errc{}) {
    return fail("cannot read the kernel's version from '" + std::string(release) + "'");
  }
  features.release = release;
  return {};
}

Result<KernelFeatures> probe_kernel() {
  utsname name{};
  if (::uname(&name) != 0) return fail_errno("cannot ask for the kernel's version");
  KernelFeatures features;
  TRY(parse_release(name.release, features));
  features.overlay = has_file_system("overlay");
  features.seccomp_filter = has_seccomp_filter();
  features.user_namespaces = number_in("/proc/sys/user/max_user_namespaces") > 0;
  features.cgroup_kill = features.at_least(5, 14);
  features.pidfd_info = features.at_least(6, 15);
  features.capabilities = TRY(effective_capabilities());
  return features;
}

}  // namespace berth::kernel
