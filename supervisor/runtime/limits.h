// Limits: from keys of a definition to cgroup files, for v2 and v1, and to resource limits.
//
// A limit that the host cannot enforce is an error that names the key with its place in the
// definition; none is dropped.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// One write into a file of one of the container's cgroups.
struct CgroupWrite {
  enum class Way {
    file,    // `content` into `file`
    any,     // into those of a directory `file` that are there: "NAME\0CONTENT\0NAME\0CONTENT"
    device,  // "MAJOR:MINOR CONTENT" of block device `device` into `file`
    reset,   // what a new cgroup has in it, into `file`
  };
  std::string controller;
  std::string file;  // absolute
  std::string content;
  std::string key;  // "limits.memory"
  Way way = Way::file;
  std::string device;
  bool operator==(const CgroupWrite&) const = default;
};

// The writes that a new container's limits need.
Result<std::vector<CgroupWrite>> limit_writes(const ContainerSpec& spec, const HostFacts& facts);
// The writes that lead from one definition's limits to another's, on the running container. A key
// that is gone gets the kernel's default back.
Result<std::vector<CgroupWrite>> limit_changes(const ContainerSpec& before,
                                               const ContainerSpec& after, const HostFacts& facts);

// The parts of the two that have files of their own (limits_io.cpp, limits_raw.cpp).
Result<std::vector<CgroupWrite>> io_changes(const ContainerSpec& before, const ContainerSpec& after,
                                            const HostFacts& facts);
Result<std::vector<CgroupWrite>> raw_changes(const ContainerSpec& before,
                                             const ContainerSpec& after, const HostFacts& facts);

// The controllers that these writes cannot do without.
std::vector<std::string> controllers_of(const std::vector<CgroupWrite>& writes);
// The steps that carry them out.
void add_limits(handoff::Program& program, const ContainerSpec& spec,
                const std::vector<CgroupWrite>& writes);

// A resource limit (setrlimit) of a container's processes.
struct ResourceLimit {
  int resource = 0;  // RLIMIT_…
  std::uint64_t soft = 0;
  std::uint64_t hard = 0;
  std::string key;  // "limits.ulimits.nofile"
  bool operator==(const ResourceLimit&) const = default;
};
Result<std::vector<ResourceLimit>> resource_limits(const ContainerSpec& spec,
                                                   const HostFacts& facts);
// RLIMIT_NOFILE for "nofile".
std::optional<int> resource_number(std::string_view name);

// The weights of the kernel's other files for one of 1 to 10000, so that the usual 100 is what is
// usual there, as systemd converts them: cpu.shares, io.bfq.weight (1 to 1000), and CFQ's
// blkio.weight (10 to 1000, usually 500).
std::uint64_t cpu_shares_of(std::int64_t weight);
std::uint64_t bfq_weight_of(std::int64_t weight);
std::uint64_t cfq_weight_of(std::int64_t weight);
// The numbers of "0-1,3", in order; nothing when it is not such a list.
std::optional<std::vector<int>> parse_cpu_list(std::string_view text);

}  // namespace berth::runtime
