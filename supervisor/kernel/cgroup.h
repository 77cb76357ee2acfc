// How this host's control groups are laid out: cgroup v2 alone, or the v1 hybrid (controllers
// mounted one by one as v1, and a v2 tree that only tracks processes).
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"

namespace berth::kernel {

struct CgroupLayout {
  // The mount point of the v2 tree, in which every container's processes are tracked:
  // "/sys/fs/cgroup", or "/sys/fs/cgroup/unified" on the hybrid layout.
  std::string tracking;
  // v1 controllers and where each is mounted: "memory" -> "/sys/fs/cgroup/memory". Two
  // controllers may share one mount ("cpu" and "cpuacct").
  std::map<std::string, std::string> v1;
  // The controllers of the v2 tree's root (cgroup.controllers).
  std::set<std::string> v2;
  // Where the v1 hierarchy "name=systemd" is mounted, which has no controller: older inits track
  // their services there. Empty: nowhere.
  std::string systemd{};

  [[nodiscard]] bool hybrid() const { return !v1.empty(); }
  bool operator==(const CgroupLayout&) const = default;
};

// From the texts of /proc/self/mountinfo and the v2 root's cgroup.controllers. Pure. An error when
// there is no v2 tree at all.
Result<CgroupLayout> parse_cgroup_layout(std::string_view mountinfo, std::string_view controllers);
Result<CgroupLayout> detect_cgroup_layout();

}  // namespace berth::kernel
