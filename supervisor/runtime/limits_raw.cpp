// limits.cgroup: files of the container's cgroup that no other key stands for.
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

std::string key_of(const std::string& file) { return "limits.cgroup.\"" + file + "\""; }

// "memory.oom.group" is the memory controller's; v1 calls io "blkio".
std::string controller_of(const std::string& file) {
  const std::string prefix = file.substr(0, file.find('.'));
  return prefix == "blkio" ? "io" : prefix;
}

Result<CgroupWrite> raw_write(const ContainerSpec& after, const std::string& file,
                              const HostFacts& facts) {
  const std::string controller = controller_of(file);
  if (facts.controller(controller) == nullptr) {
    return std::unexpected(
        error_at(after, key_of(file), "this host has no cgroup controller \"" + controller + "\""));
  }
  return CgroupWrite{.controller = controller,
                     .file = controller_cgroup(after.name, controller, facts) + "/" + file,
                     .content = {},
                     .key = key_of(file)};
}

}  // namespace

Result<std::vector<CgroupWrite>> raw_changes(const ContainerSpec& before,
                                             const ContainerSpec& after, const HostFacts& facts) {
  std::vector<CgroupWrite> writes;
  for (const auto& [file, content] : before.limits.cgroup) {
    if (after.limits.cgroup.contains(file)) continue;
    CgroupWrite write = TRY(raw_write(after, file, facts));
    write.way = CgroupWrite::Way::reset;
    // A new v1 cpuset is empty; its containers' are given the host's nodes.
    if (file == "cpuset.mems" && facts.controller("cpuset")->v1) {
      write.way = CgroupWrite::Way::file;
      write.content = facts.mems;
    }
    writes.push_back(std::move(write));
  }
  for (const auto& [file, content] : after.limits.cgroup) {
    const auto old = before.limits.cgroup.find(file);
    if (old != before.limits.cgroup.end() && old->second == content) continue;
    CgroupWrite write = TRY(raw_write(after, file, facts));
    write.content = content;
    writes.push_back(std::move(write));
  }
  return writes;
}

}  // namespace berth::runtime
