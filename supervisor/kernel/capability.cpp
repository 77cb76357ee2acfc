#include "supervisor/kernel/capability.h"

#include <array>
#include <fstream>

#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace berth::kernel {
namespace {

constexpr std::array<std::string_view, 41> kNames = {"chown",
                                                     "dac_override",
                                                     "dac_read_search",
                                                     "fowner",
                                                     "fsetid",
                                                     "kill",
                                                     "setgid",
                                                     "setuid",
                                                     "setpcap",
                                                     "linux_immutable",
                                                     "net_bind_service",
                                                     "net_broadcast",
                                                     "net_admin",
                                                     "net_raw",
                                                     "ipc_lock",
                                                     "ipc_owner",
                                                     "sys_module",
                                                     "sys_rawio",
                                                     "sys_chroot",
                                                     "sys_ptrace",
                                                     "sys_pacct",
                                                     "sys_admin",
                                                     "sys_boot",
                                                     "sys_nice",
                                                     "sys_resource",
                                                     "sys_time",
                                                     "sys_tty_config",
                                                     "mknod",
                                                     "lease",
                                                     "audit_write",
                                                     "audit_control",
                                                     "setfcap",
                                                     "mac_override",
                                                     "mac_admin",
                                                     "syslog",
                                                     "wake_alarm",
                                                     "block_suspend",
                                                     "audit_read",
                                                     "perfmon",
                                                     "bpf",
                                                     "checkpoint_restore"};
static_assert(kNames[CAP_CHECKPOINT_RESTORE] == "checkpoint_restore");

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

}  // namespace

std::optional<int> capability_number(std::string_view name) {
  std::string wanted = lower(name);
  if (wanted.starts_with("cap_")) wanted.erase(0, 4);
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == wanted) return static_cast<int>(i);
  }
  return std::nullopt;
}

std::string capability_name(int number) {
  if (number >= 0 && static_cast<std::size_t>(number) < kNames.size()) {
    return std::string(kNames[static_cast<std::size_t>(number)]);
  }
  return "capability " + std::to_string(number);
}

std::vector<std::string_view> capability_names() { return {kNames.begin(), kNames.end()}; }

CapabilityMask all_capabilities() { return capability_bit(kNames.size()) - 1; }

Result<int> last_capability() {
  std::ifstream file("/proc/sys/kernel/cap_last_cap");
  int number = 0;
  if (!(file >> number)) return fail("cannot read /proc/sys/kernel/cap_last_cap");
  return number;
}

Result<CapabilityMask> effective_capabilities() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2]{};
  if (::syscall(SYS_capget, &header, data) != 0) return fail_errno("cannot read capabilities");
  return (CapabilityMask{data[1].effective} << 32) | data[0].effective;
}

Result<CapabilityMask> bounding_capabilities() {
  CapabilityMask mask = 0;
  const int last = TRY(last_capability());
  for (int number = 0; number <= last; ++number) {
    const int held = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (held < 0) return fail_errno("cannot read the bounding set");
    if (held == 1) mask |= capability_bit(number);
  }
  return mask;
}

}  // namespace berth::kernel
