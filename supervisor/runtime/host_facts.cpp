#include "supervisor/runtime/host_facts.h"

#include <algorithm>
#include <cstdlib>
#include <string_view>

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/security.h"

namespace berth::runtime {
namespace {

// Empty for a file that is not there: what it would tell is then not known.
std::string content_of(const std::string& path) { return read_small_file(path).value_or(""); }

std::string first_line_of(const std::string& path) {
  const std::string content = content_of(path);
  return content.substr(0, content.find('\n'));
}

std::uint64_t number_in(const std::string& text, std::string_view after) {
  const std::size_t at = text.find(after);
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at + after.size(), nullptr, 10);
}

std::uint64_t hexadecimal_in(const std::string& text, std::string_view after) {
  const std::size_t at = text.find(after);
  if (at == std::string::npos) return 0;
  return std::strtoull(text.c_str() + at + after.size(), nullptr, 16);
}

// The cgroup of a v1 cpuset may have been given fewer processors than are online.
void gather_processors(HostFacts& facts) {
  const ControllerHome* home = facts.controller("cpuset");
  if (home != nullptr && home->v1) {
    facts.cpus = first_line_of(home->mount + "/cpuset.cpus");
    facts.mems = first_line_of(home->mount + "/cpuset.mems");
  }
  if (facts.cpus.empty()) facts.cpus = first_line_of("/sys/devices/system/cpu/online");
  if (facts.mems.empty()) facts.mems = first_line_of("/sys/devices/system/node/online");
  if (facts.mems.empty()) facts.mems = "0";
  for (const int cpu : parse_cpu_list(facts.cpus).value_or(std::vector<int>{})) {
    const std::string directory =
        "/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/thermal_throttle";
    if (::access(directory.c_str(), F_OK) == 0) facts.throttled_cpus.push_back(cpu);
  }
}

void gather_privileges(HostFacts& facts) {
  for (std::size_t resource = 0; resource < facts.hard_limits.size(); ++resource) {
    struct rlimit limit{};
    ::getrlimit(static_cast<__rlimit_resource_t>(resource), &limit);
    facts.hard_limits[resource] =
        limit.rlim_max == RLIM_INFINITY ? UlimitSpec::kUnlimited : limit.rlim_max;
  }
  facts.nofile_most = number_in(content_of("/proc/sys/fs/nr_open"), "");
  const std::string status = content_of("/proc/self/status");
  facts.capabilities = hexadecimal_in(status, "CapPrm:") & hexadecimal_in(status, "CapBnd:");
  const std::optional<int> raise = capability_number("sys_resource");
  facts.can_raise_limits = raise && ((facts.capabilities >> *raise) & 1) != 0;
}

}  // namespace

void take_cgroup_layout(const kernel::CgroupLayout& layout, HostFacts& facts) {
  facts.unified = layout.tracking;
  facts.systemd_hierarchy = layout.systemd;
  for (const auto& [name, mount] : layout.v1) {
    facts.controllers[name == "blkio" ? "io" : name] = {mount, true};
  }
  for (const std::string& name : layout.v2) {
    facts.controllers.try_emplace(name, ControllerHome{facts.unified, false});
  }
}

Result<HostFacts> gather_host_facts(const HostSpec& host) {
  HostFacts facts;
  facts.cgroup_parent = host.cgroup;
  take_cgroup_layout(TRY(kernel::detect_cgroup_layout()), facts);
  gather_processors(facts);
  facts.memory = number_in(content_of("/proc/meminfo"), "MemTotal:") * 1024;
  gather_privileges(facts);
  facts.host_template = storage::gather_host_template();
  return facts;
}

}  // namespace berth::runtime
