// What this kernel can do, asked of the kernel itself where it can be asked.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"
#include "supervisor/kernel/capability.h"

namespace berth::kernel {

struct KernelFeatures {
  std::string release;  // "6.18.0-1-amd64"
  int major = 0;
  int minor = 0;
  bool overlay = false;  // the overlay file system can be mounted (or loaded)
  bool seccomp_filter = false;
  bool user_namespaces = false;
  bool cgroup_kill = false;         // cgroup.kill, Linux 5.14
  bool pidfd_info = false;          // PIDFD_GET_INFO tells an exit status, Linux 6.15
  CapabilityMask capabilities = 0;  // effective, of this process

  [[nodiscard]] bool at_least(int wanted_major, int wanted_minor) const {
    return major != wanted_major ? major > wanted_major : minor >= wanted_minor;
  }
  [[nodiscard]] bool may(int capability) const {
    return (capabilities & capability_bit(capability)) != 0;
  }
};

// "6.18.0-1-amd64" -> 6, 18. Pure; an error for what is no version.
Result<void> parse_release(std::string_view release, KernelFeatures& features);
Result<KernelFeatures> probe_kernel();

}  // namespace berth::kernel
