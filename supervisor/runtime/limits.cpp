#include "supervisor/runtime/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <set>

#include <sys/resource.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

using Text = std::optional<std::string>;

constexpr std::uint64_t kCpuPeriod = 100000;  // microseconds: the kernel's own default
constexpr std::uint64_t kQuotaLeast = 1000;   // the kernel refuses less

std::string quota_of(double cpus) {
  const auto quota = static_cast<std::uint64_t>(std::llround(cpus * double(kCpuPeriod)));
  return std::to_string(std::max(quota, kQuotaLeast));
}

Text bytes(const std::optional<Bytes>& size) {
  return size ? Text(std::to_string(size->count)) : Text();
}

Text memory(const LimitSpec& limits) { return bytes(limits.memory); }
Text memory_high(const LimitSpec& limits) { return bytes(limits.memory_high); }
Text cpu_quota(const LimitSpec& limits) {
  return limits.cpus ? Text(quota_of(*limits.cpus)) : Text();
}
Text cpu_max(const LimitSpec& limits) {
  if (!limits.cpus) return {};
  return quota_of(*limits.cpus) + " " + std::to_string(kCpuPeriod);
}
Text cpu_weight(const LimitSpec& limits) {
  return limits.cpu_weight ? Text(std::to_string(*limits.cpu_weight)) : Text();
}
Text cpu_shares(const LimitSpec& limits) {
  return limits.cpu_weight ? Text(std::to_string(cpu_shares_of(*limits.cpu_weight))) : Text();
}
Text cpuset(const LimitSpec& limits) { return limits.cpuset.empty() ? Text() : limits.cpuset; }
Text pids(const LimitSpec& limits) {
  return limits.pids ? Text(std::to_string(*limits.pids)) : Text();
}

// A file of one layout: its name, what is written for a limit, and the kernel's own default.
struct File {
  std::string_view name;
  Text (*content)(const LimitSpec&);
  std::string_view unset;
};

struct Limit {
  std::string_view key;
  std::string_view controller;
  File v2;
  File v1;
};

constexpr std::string_view kAllCpus = "*";  // v1 has no word for it: the host's list is written

constexpr std::array<Limit, 6> kLimits = {{
    {"limits.memory",
     "memory",
     {"memory.max", memory, "max"},
     {"memory.limit_in_bytes", memory, "-1"}},
    {"limits.memory_high",
     "memory",
     {"memory.high", memory_high, "max"},
     {"memory.soft_limit_in_bytes", memory_high, "-1"}},
    {"limits.cpus",
     "cpu",
     {"cpu.max", cpu_max, "max 100000"},
     {"cpu.cfs_quota_us", cpu_quota, "-1"}},
    {"limits.cpu_weight",
     "cpu",
     {"cpu.weight", cpu_weight, "100"},
     {"cpu.shares", cpu_shares, "1024"}},
    {"limits.cpuset", "cpuset", {"cpuset.cpus", cpuset, "\n"}, {"cpuset.cpus", cpuset, kAllCpus}},
    {"limits.pids", "pids", {"pids.max", pids, "max"}, {"pids.max", pids, "max"}},
}};

Result<CgroupWrite> write_of(const Limit& limit, const ContainerSpec& spec,
                             const HostFacts& facts) {
  const std::string controller(limit.controller);
  const ControllerHome* home = facts.controller(controller);
  if (home == nullptr) {
    return std::unexpected(error_at(spec, std::string(limit.key),
                                    "this host has no cgroup controller \"" + controller + "\""));
  }
  const File& file = home->v1 ? limit.v1 : limit.v2;
  std::string content = file.content(spec.limits).value_or(std::string(file.unset));
  if (content == kAllCpus) content = facts.cpus;
  return CgroupWrite{controller,
                     controller_cgroup(spec.name, controller, facts) + "/" + std::string(file.name),
                     std::move(content), std::string(limit.key)};
}

// The kernel would take a processor that is not there (v2) or answer a bare EINVAL (v1).
Result<void> check_cpuset(const ContainerSpec& spec, const HostFacts& facts) {
  if (spec.limits.cpuset.empty()) return {};
  const auto wanted = parse_cpu_list(spec.limits.cpuset);
  if (!wanted) {
    return std::unexpected(error_at(spec, "limits.cpuset",
                                    "\"" + spec.limits.cpuset + "\" is not a list of processors"));
  }
  const auto there = parse_cpu_list(facts.cpus);
  if (!there) return {};
  for (const int cpu : *wanted) {
    if (std::find(there->begin(), there->end(), cpu) != there->end()) continue;
    return std::unexpected(error_at(
        spec, "limits.cpuset",
        "processor " + std::to_string(cpu) + " is not there: this host has " + facts.cpus));
  }
  return {};
}

struct Resource {
  std::string_view name;
  int number;
};
constexpr std::array<Resource, 16> kResources = {{{"as", RLIMIT_AS},
                                                  {"core", RLIMIT_CORE},
                                                  {"cpu", RLIMIT_CPU},
                                                  {"data", RLIMIT_DATA},
                                                  {"fsize", RLIMIT_FSIZE},
                                                  {"locks", RLIMIT_LOCKS},
                                                  {"memlock", RLIMIT_MEMLOCK},
                                                  {"msgqueue", RLIMIT_MSGQUEUE},
                                                  {"nice", RLIMIT_NICE},
                                                  {"nofile", RLIMIT_NOFILE},
                                                  {"nproc", RLIMIT_NPROC},
                                                  {"rss", RLIMIT_RSS},
                                                  {"rtprio", RLIMIT_RTPRIO},
                                                  {"rttime", RLIMIT_RTTIME},
                                                  {"sigpending", RLIMIT_SIGPENDING},
                                                  {"stack", RLIMIT_STACK}}};

std::string describe_limit(std::uint64_t value) {
  return value == UlimitSpec::kUnlimited ? "unlimited" : std::to_string(value);
}

Result<ResourceLimit> resource_limit(const ContainerSpec& spec, const HostFacts& facts,
                                     const std::string& name, const UlimitSpec& ulimit) {
  const std::string key = "limits.ulimits." + name;
  const std::optional<int> resource = resource_number(name);
  if (!resource) return std::unexpected(error_at(spec, key, "there is no such resource limit"));
  if (ulimit.soft > ulimit.hard) {
    return std::unexpected(error_at(spec, key,
                                    "the soft limit " + describe_limit(ulimit.soft) +
                                        " is above the hard limit " + describe_limit(ulimit.hard)));
  }
  std::uint64_t most = facts.can_raise_limits
                           ? UlimitSpec::kUnlimited
                           : facts.hard_limits[static_cast<std::size_t>(*resource)];
  if (*resource == RLIMIT_NOFILE && facts.nofile_most != 0) {
    most = std::min(most, facts.nofile_most);
  }
  if (ulimit.hard > most) {
    return std::unexpected(
        error_at(spec, key,
                 describe_limit(ulimit.hard) +
                     " is more than this host lets berthd give: " + describe_limit(most) +
                     (facts.can_raise_limits ? "" : " (CAP_SYS_RESOURCE is missing)")));
  }
  return ResourceLimit{*resource, ulimit.soft, ulimit.hard, key};
}

std::optional<int> parse_cpu(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (value < 0 || value > 65535) return {};
  return value;
}

}  // namespace

Result<std::vector<CgroupWrite>> limit_writes(const ContainerSpec& spec, const HostFacts& facts) {
  TRY(check_cpuset(spec, facts));
  std::vector<CgroupWrite> writes;
  for (const Limit& limit : kLimits) {
    if (!limit.v2.content(spec.limits)) continue;
    writes.push_back(TRY(write_of(limit, spec, facts)));
  }
  return writes;
}

Result<std::vector<CgroupWrite>> limit_changes(const ContainerSpec& before,
                                               const ContainerSpec& after, const HostFacts& facts) {
  TRY(check_cpuset(after, facts));
  std::vector<CgroupWrite> writes;
  for (const Limit& limit : kLimits) {
    if (limit.v2.content(before.limits) == limit.v2.content(after.limits)) continue;
    writes.push_back(TRY(write_of(limit, after, facts)));
  }
  return writes;
}

Result<std::vector<ResourceLimit>> resource_limits(const ContainerSpec& spec,
                                                   const HostFacts& facts) {
  std::vector<ResourceLimit> limits;
  for (const auto& [name, ulimit] : spec.limits.ulimits) {
    limits.push_back(TRY(resource_limit(spec, facts, name, ulimit)));
  }
  return limits;
}

std::optional<int> resource_number(std::string_view name) {
  for (const Resource& resource : kResources) {
    if (resource.name == name) return resource.number;
  }
  return {};
}

std::uint64_t cpu_shares_of(std::int64_t weight) {
  const auto shares = static_cast<std::uint64_t>(std::max<std::int64_t>(weight, 1)) * 1024 / 100;
  return std::clamp<std::uint64_t>(shares, 2, 262144);
}

std::optional<std::vector<int>> parse_cpu_list(std::string_view text) {
  std::set<int> cpus;
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  while (true) {
    const std::string_view range = text.substr(0, text.find(','));
    const std::size_t dash = range.find('-');
    const std::optional<int> first = parse_cpu(range.substr(0, dash));
    const std::optional<int> last =
        dash == std::string_view::npos ? first : parse_cpu(range.substr(dash + 1));
    if (!first || !last || *last < *first) return {};
    for (int cpu = *first; cpu <= *last; ++cpu) cpus.insert(cpu);
    if (range.size() == text.size()) break;
    text.remove_prefix(range.size() + 1);
  }
  return std::vector<int>(cpus.begin(), cpus.end());
}

}  // namespace berth::runtime
