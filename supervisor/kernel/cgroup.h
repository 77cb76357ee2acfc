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

  [[nodiscard]] bool hybrid() const { return !v1.empty(); }
  // Where the controller's files of a cgroup are: on v1 its own mount, else the v2 tree; empty
  // when the host has no such controller.
  [[nodiscard]] std::string mount_of(const std::string& controller) const;
  // The distinct v1 mount points of the controllers that are given (those that v1 has).
  [[nodiscard]] std::vector<std::string> v1_mounts(const std::set<std::string>& controllers) const;
  bool operator==(const CgroupLayout&) const = default;
};

// From the texts of /proc/self/mountinfo and the v2 root's cgroup.controllers. Pure. An error when
// there is no v2 tree at all.
Result<CgroupLayout> parse_cgroup_layout(std::string_view mountinfo, std::string_view controllers);
Result<CgroupLayout> detect_cgroup_layout();

// One write to a file of the cgroup file system, for a program to carry out.
struct CgroupWrite {
  std::string path;
  std::string text;
  bool operator==(const CgroupWrite&) const = default;
};
// What makes the v2 controllers usable in the children of `parent` (relative to the tracking
// mount: "berth" or "a/b"): subtree_control of the root and of each directory down to `parent`,
// which must exist when the writes are carried out. Controllers that v2 has not are left out, so
// on the hybrid layout the list is usually empty. One write a controller: the kernel takes all of
// a write or nothing.
std::vector<CgroupWrite> enable_controllers(const CgroupLayout& layout, std::string_view parent,
                                            const std::set<std::string>& controllers);

}  // namespace berth::kernel
