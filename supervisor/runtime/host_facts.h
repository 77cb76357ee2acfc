// HostFacts: what compiling a program has to know of this host, gathered once by the worker. A
// plain value: the compilers are pure functions of it, and tests write it down.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/kernel/cgroup.h"
#include "supervisor/model/spec.h"
#include "supervisor/storage/host_template.h"

namespace berth::runtime {

// Where the files of a cgroup controller are.
struct ControllerHome {
  std::string mount;  // "/sys/fs/cgroup", v1: "/sys/fs/cgroup/memory"
  bool v1 = false;
  bool operator==(const ControllerHome&) const = default;
};

struct HostFacts {
  // Cgroups. Every container has a directory in the v2 tree; on the hybrid layout also one in each
  // v1 controller that berth can limit with.
  std::string cgroup_parent = "berth";  // HostSpec::cgroup
  std::string unified;                  // where the v2 tree is mounted
  // "memory"; absent: the host has it nowhere. v1's blkio is called io, as v2 calls it.
  std::map<std::string, ControllerHome> controllers;
  std::string systemd_hierarchy;  // CgroupLayout::systemd; empty: none

  std::string cpus;                 // online: "0-1"
  std::string mems;                 // memory nodes: "0"
  std::uint64_t memory = 0;         // bytes
  std::vector<int> throttled_cpus;  // those with a thermal_throttle directory in sysfs

  std::array<std::uint64_t, 16> hard_limits{};  // by RLIMIT_ number, as the launchers have them
  std::uint64_t nofile_most = 0;                // fs.nr_open: no nofile limit can be above it
  bool can_raise_limits = false;                // CAP_SYS_RESOURCE is there
  std::uint64_t capabilities = 0;               // those that can be given, bit n for number n

  storage::HostTemplate host_template;

  [[nodiscard]] const ControllerHome* controller(const std::string& name) const {
    const auto found = controllers.find(name);
    return found == controllers.end() ? nullptr : &found->second;
  }
  bool operator==(const HostFacts&) const = default;
};

// Reads /proc and /sys. Fails when the host cannot run containers at all: no cgroup v2 tree.
Result<HostFacts> gather_host_facts(const HostSpec& host);

// The part about cgroups. On a host that has a controller on v1 and on v2, v1 is what is in use.
void take_cgroup_layout(const kernel::CgroupLayout& layout, HostFacts& facts);

}  // namespace berth::runtime
