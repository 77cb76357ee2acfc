#include "supervisor/runtime/security.h"

#include <algorithm>
#include <array>

#include <linux/capability.h>

#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

constexpr std::uint64_t bit(int number) { return capability_bit(number); }

// Docker's default without net_raw (spoofing on a shared bridge), mknod and audit_write.
constexpr std::uint64_t kDefault = bit(CAP_CHOWN) | bit(CAP_DAC_OVERRIDE) | bit(CAP_FOWNER) |
                                   bit(CAP_FSETID) | bit(CAP_KILL) | bit(CAP_SETGID) |
                                   bit(CAP_SETUID) | bit(CAP_SETPCAP) | bit(CAP_NET_BIND_SERVICE) |
                                   bit(CAP_SYS_CHROOT) | bit(CAP_SETFCAP);

bool is_all(std::string_view name) { return name == "all" || name == "ALL"; }

Result<int> number_of(const ContainerSpec& spec, const std::string& list, std::size_t index,
                      const std::string& name) {
  const std::optional<int> number = capability_number(name);
  if (number) return *number;
  return std::unexpected(error_at(spec, list + "[" + std::to_string(index) + "]",
                                  "there is no capability \"" + name + "\""));
}

constexpr std::array<std::string_view, 7> kReadOnly = {
    "/proc/bus",           "/proc/fs",   "/proc/irq",   "/proc/sys",
    "/proc/sysrq-trigger", "/proc/mtrr", "/proc/driver"};

// Files that only a root without any capability check of their own guards are here too: kpage*
// tells of all the host's memory, dynamic_debug steers the kernel's log.
constexpr std::array<std::string_view, 22> kMasked = {
    "/proc/acpi",          "/proc/asound",      "/proc/dynamic_debug",
    "/proc/interrupts",    "/proc/kcore",       "/proc/keys",
    "/proc/kpagecgroup",   "/proc/kpagecount",  "/proc/kpageflags",
    "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
    "/proc/timer_list",    "/proc/timer_stats", "/proc/vmallocinfo",
    "/proc/slabinfo",      "/sys/dev/block",    "/sys/devices/virtual/powercap",
    "/sys/firmware",       "/sys/fs/selinux",   "/sys/kernel/debug",
    "/sys/kernel/security"};

// An init ends its machine by reboot(2), which in a pid namespace does nothing else. The same
// capability loads another kernel for the host: without a filter against that it has to be asked
// for.
std::uint64_t defaults_of(const ContainerSpec& spec) {
  const bool reboots = spec.boots() && spec.security.seccomp != "unconfined";
  return kDefault | (reboots ? bit(CAP_SYS_BOOT) : 0);
}

}  // namespace

std::uint64_t default_capabilities() { return kDefault; }

Result<Capabilities> capabilities_of(const ContainerSpec& spec, const HostFacts& facts) {
  std::uint64_t granted = defaults_of(spec) & facts.capabilities;
  const auto& dropped = spec.security.cap_drop;
  for (std::size_t i = 0; i < dropped.size(); ++i) {
    granted &=
        ~(is_all(dropped[i]) ? all_capabilities()
                             : bit(TRY(number_of(spec, "security.cap_drop", i, dropped[i]))));
  }
  std::uint64_t added = 0;
  const auto& wanted = spec.security.cap_add;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    if (is_all(wanted[i])) {
      added |= all_capabilities() & facts.capabilities;
      continue;
    }
    const int number = TRY(number_of(spec, "security.cap_add", i, wanted[i]));
    if ((facts.capabilities & bit(number)) == 0) {
      return std::unexpected(
          error_at(spec, "security.cap_add[" + std::to_string(i) + "]",
                   "this host lets berthd have no " + std::string(capability_name(number))));
    }
    added |= bit(number);
  }
  Capabilities out;
  out.granted = granted | added;
  if (!is_root_user(spec.user)) out.ambient = added;
  return out;
}

bool is_root_user(std::string_view user) {
  const std::string_view name = user.substr(0, user.find(':'));
  return name.empty() || name == "0" || name == "root";
}

std::vector<std::string> masked_paths(const HostFacts& facts) {
  std::vector<std::string> paths(kMasked.begin(), kMasked.end());
  for (const int cpu : facts.throttled_cpus) {
    paths.push_back("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/thermal_throttle");
  }
  return paths;
}

std::span<const std::string_view> read_only_paths() { return kReadOnly; }

}  // namespace berth::runtime
