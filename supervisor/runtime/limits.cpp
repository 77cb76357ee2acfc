#include "supervisor/runtime/limits.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <iterator>
#include <set>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

using handoff::Op;
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

constexpr std::int64_t kUsualWeight = 100;
constexpr std::string_view kIoGone = "limits.io";  // the key of items that are no more

Error no_controller(const ContainerSpec& spec, const std::string& key, const std::string& name) {
  return error_at(spec, key, "this host has no cgroup controller \"" + name + "\"");
}

Result<CgroupWrite> write_of(const Limit& limit, const ContainerSpec& spec,
                             const HostFacts& facts) {
  const std::string controller(limit.controller);
  const ControllerHome* home = facts.controller(controller);
  if (home == nullptr) {
    return std::unexpected(no_controller(spec, std::string(limit.key), controller));
  }
  const File& file = home->v1 ? limit.v1 : limit.v2;
  std::string content = file.content(spec.limits).value_or(std::string(file.unset));
  if (content == kAllCpus) content = facts.cpus;
  return CgroupWrite{
      .controller = controller,
      .file = controller_cgroup(spec.name, controller, facts) + "/" + std::string(file.name),
      .content = std::move(content),
      .key = std::string(limit.key)};
}

// v2 counts swap by itself, v1 memory and swap together, never less than memory: so a larger sum is
// written before a larger memory limit, and a smaller one after a smaller memory limit.
Result<void> add_swap_change(const ContainerSpec& before, const ContainerSpec& after,
                             const HostFacts& facts, std::vector<CgroupWrite>& writes) {
  const ControllerHome* home = facts.controller("memory");
  const bool v1 = home != nullptr && home->v1;
  const auto wanted = [v1](const LimitSpec& limits) -> std::optional<std::uint64_t> {
    if (!limits.memory_swap) return {};
    return limits.memory_swap->count + (v1 && limits.memory ? limits.memory->count : 0);
  };
  const auto old_size = wanted(before.limits);
  const auto new_size = wanted(after.limits);
  if (old_size == new_size) return {};
  const std::string key = "limits.memory_swap";
  if (home == nullptr) return std::unexpected(no_controller(after, key, "memory"));
  const std::string content = new_size ? std::to_string(*new_size) : v1 ? "-1" : "max";
  const std::string file = v1 ? "memory.memsw.limit_in_bytes" : "memory.swap.max";
  const bool first = v1 && old_size && (!new_size || *new_size > *old_size);
  writes.insert(first ? writes.begin() : writes.end(),
                CgroupWrite{.controller = "memory",
                            .file = controller_cgroup(after.name, "memory", facts),
                            .content = file + '\0' + content,
                            .key = key,
                            .way = CgroupWrite::Way::any});
  return {};
}

// Which of the files counts is the device's scheduler's choice, so all that are there are written.
Result<std::vector<CgroupWrite>> weight_changes(const ContainerSpec& before,
                                                const ContainerSpec& after,
                                                const HostFacts& facts) {
  if (before.limits.io_weight == after.limits.io_weight) return {};
  const std::string key = "limits.io_weight";
  const ControllerHome* home = facts.controller("io");
  if (home == nullptr) return std::unexpected(no_controller(after, key, "io"));
  const std::int64_t weight = after.limits.io_weight.value_or(kUsualWeight);
  const std::string bfq = std::to_string(bfq_weight_of(weight));
  const char nul = '\0';
  const std::string content = home->v1
                                  ? std::string("blkio.bfq.weight") + nul + bfq + nul +
                                        "blkio.weight" + nul + std::to_string(cfq_weight_of(weight))
                                  : std::string("io.weight") + nul + "default " +
                                        std::to_string(weight) + nul + "io.bfq.weight" + nul + bfq;
  return std::vector{CgroupWrite{.controller = "io",
                                 .file = controller_cgroup(after.name, "io", facts),
                                 .content = content,
                                 .key = key,
                                 .way = CgroupWrite::Way::any}};
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

std::optional<int> parse_cpu(std::string_view text) {
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  if (value < 0 || value > 65535) return {};
  return value;
}

}  // namespace

Result<std::vector<CgroupWrite>> limit_writes(const ContainerSpec& spec, const HostFacts& facts) {
  ContainerSpec unlimited;
  unlimited.name = spec.name;
  return limit_changes(unlimited, spec, facts);
}

Result<std::vector<CgroupWrite>> limit_changes(const ContainerSpec& before,
                                               const ContainerSpec& after, const HostFacts& facts) {
  TRY(check_cpuset(after, facts));
  std::vector<CgroupWrite> writes;
  for (const Limit& limit : kLimits) {
    if (limit.v2.content(before.limits) == limit.v2.content(after.limits)) continue;
    writes.push_back(TRY(write_of(limit, after, facts)));
  }
  TRY(add_swap_change(before, after, facts, writes));
  for (const auto part : {weight_changes, io_changes, raw_changes}) {
    std::vector<CgroupWrite> more = TRY(part(before, after, facts));
    writes.insert(writes.end(), std::move_iterator(more.begin()), std::move_iterator(more.end()));
  }
  return writes;
}

std::vector<std::string> controllers_of(const std::vector<CgroupWrite>& writes) {
  std::vector<std::string> names;
  for (const CgroupWrite& write : writes) {
    if (std::ranges::find(names, write.controller) == names.end()) {
      names.push_back(write.controller);
    }
  }
  return names;
}

void add_limits(handoff::Program& program, const ContainerSpec& spec,
                const std::vector<CgroupWrite>& writes) {
  for (const CgroupWrite& write : writes) {
    switch (write.way) {
      case CgroupWrite::Way::file:
        program.from(origin_of(spec, write.key, write.content));
        program.add(Op::write_file, {.text = write.file, .text2 = write.content});
        break;
      case CgroupWrite::Way::any:
        program.from(origin_of(spec, write.key));
        program.add(Op::write_any, {.text = write.file, .text2 = write.content});
        break;
      case CgroupWrite::Way::device:
        program.from(origin_of(spec, write.key, write.device));
        program.add(Op::write_device,
                    {.text = write.file,
                     .text2 = write.device + '\0' + write.content,
                     // What a limit is taken from may be gone; what it is put on must be there.
                     .flags = std::uint16_t(write.key == kIoGone ? handoff::kTolerateMissing : 0)});
        break;
      case CgroupWrite::Way::reset: {
        program.from(origin_of(spec, write.key));
        const std::size_t slash = write.file.rfind('/');
        program.add(Op::cgroup_reset, {.text = std::string_view(write.file).substr(0, slash),
                                       .text2 = std::string_view(write.file).substr(slash + 1)});
        break;
      }
    }
  }
}

std::uint64_t cpu_shares_of(std::int64_t weight) {
  const auto shares = static_cast<std::uint64_t>(std::max<std::int64_t>(weight, 1)) * 1024 / 100;
  return std::clamp<std::uint64_t>(shares, 2, 262144);
}

std::uint64_t bfq_weight_of(std::int64_t weight) {
  if (weight <= kUsualWeight) return static_cast<std::uint64_t>(std::max<std::int64_t>(weight, 1));
  return static_cast<std::uint64_t>(100 +
                                    (std::min<std::int64_t>(weight, 10000) - 100) * 900 / 9900);
}

std::uint64_t cfq_weight_of(std::int64_t weight) {
  const std::int64_t cfq = weight <= kUsualWeight ? 500 - (kUsualWeight - weight) * 490 / 99
                                                  : 500 + (weight - kUsualWeight) * 500 / 9900;
  return static_cast<std::uint64_t>(std::clamp<std::int64_t>(cfq, 10, 1000));
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
