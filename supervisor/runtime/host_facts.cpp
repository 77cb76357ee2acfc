#include "supervisor/runtime/host_facts.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string_view>

#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/security.h"

namespace berth::runtime {
namespace {

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string first_line_of(const std::string& path) {
  const std::string content = content_of(path);
  return content.substr(0, content.find('\n'));
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::stringstream stream{std::string(text)};
  for (std::string part; std::getline(stream, part, separator);) {
    if (!part.empty()) parts.push_back(part);
  }
  return parts;
}

// Mount points in mountinfo have blanks and backslashes written as \040 and the like.
std::string unescape(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 3 < text.size()) {
      out += static_cast<char>(std::strtol(std::string(text.substr(i + 1, 3)).c_str(), nullptr, 8));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

void read_cgroup_mount(const std::vector<std::string>& fields, HostFacts& facts) {
  const auto dash = std::find(fields.begin(), fields.end(), "-");
  if (fields.size() < 5 || std::distance(dash, fields.end()) < 4) return;
  const std::string mount = unescape(fields[4]);
  const std::string& type = dash[1];
  if (type == "cgroup2" && facts.unified.empty()) facts.unified = mount;
  if (type != "cgroup") return;
  for (const std::string& option : split(dash[3], ',')) {
    facts.controllers.try_emplace(option, ControllerHome{mount, true});
  }
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

Result<void> read_cgroup_layout(std::string_view mountinfo, HostFacts& facts) {
  for (const std::string& line : split(mountinfo, '\n')) {
    read_cgroup_mount(split(line, ' '), facts);
  }
  if (facts.unified.empty()) {
    return fail("this host has no cgroup v2 tree: mount one, for example at /sys/fs/cgroup");
  }
  return {};
}

void add_unified_controllers(std::string_view controllers, HostFacts& facts) {
  std::string names(controllers);
  std::replace(names.begin(), names.end(), '\n', ' ');
  for (const std::string& name : split(names, ' ')) {
    facts.controllers.try_emplace(name, ControllerHome{facts.unified, false});
  }
}

Result<HostFacts> gather_host_facts(const HostSpec& host) {
  HostFacts facts;
  facts.cgroup_parent = host.cgroup;
  TRY(read_cgroup_layout(content_of("/proc/self/mountinfo"), facts));
  add_unified_controllers(content_of(facts.unified + "/cgroup.controllers"), facts);
  gather_processors(facts);
  facts.memory = number_in(content_of("/proc/meminfo"), "MemTotal:") * 1024;
  gather_privileges(facts);
  facts.host_template = storage::gather_host_template();
  return facts;
}

}  // namespace berth::runtime
