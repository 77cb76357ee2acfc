#include "supervisor/plan/preflight.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>

#include "supervisor/plan/attachments.h"

namespace berth {

namespace {

std::string at_index(const std::string& key, std::size_t index) {
  return key + "[" + std::to_string(index) + "]";
}

// "0-1,3" as numbers; text that is no such list ends it.
std::set<int> processors_of(std::string_view text) {
  constexpr int kMost = 65535;  // far beyond what any kernel has
  std::set<int> numbers;
  const char* at = text.data();
  const char* const end = text.data() + text.size();
  const auto is_one = [](int number) { return number >= 0 && number <= kMost; };
  while (at < end) {
    int first = 0;
    auto parsed = std::from_chars(at, end, first);
    if (parsed.ec != std::errc() || !is_one(first)) break;
    int last = first;
    if (parsed.ptr < end && *parsed.ptr == '-') parsed = std::from_chars(parsed.ptr + 1, end, last);
    if (parsed.ec != std::errc() || !is_one(last)) break;
    for (int number = first; number <= last; ++number) numbers.insert(number);
    at = parsed.ptr + 1;  // beyond the comma
  }
  return numbers;
}

class Preflight {
 public:
  Preflight(const DesiredState& after, const ObservedState& observed, const Capacity& capacity,
            std::set<std::string> renewed)
      : after_(after), capacity_(capacity), renewed_(std::move(renewed)) {
    for (const auto& [name, seen] : observed.containers) note_addresses(name, seen);
  }

  void check(const ContainerSpec& spec) {
    check_memory(spec, "limits.memory", spec.limits.memory);
    check_memory(spec, "limits.memory_high", spec.limits.memory_high);
    check_processors(spec);
    check_addresses(spec);
  }

  std::vector<Diagnostic> problems;

 private:
  void complain(const ContainerSpec& spec, Severity severity, const std::string& key,
                std::string problem, std::string remedy) {
    problems.push_back(Diagnostic{severity, where_of(spec, key), key, std::move(problem),
                                  std::move(remedy), spec.name});
  }

  void check_memory(const ContainerSpec& spec, const std::string& key,
                    const std::optional<Bytes>& limit) {
    if (!limit || capacity_.memory == 0 || limit->count <= capacity_.memory) return;
    const Bytes whole{capacity_.memory >> 20 << 20};
    complain(spec, Severity::warning, key,
             format_bytes(*limit) + " is more memory than the host has",
             "it has " + format_bytes(whole));
  }

  void check_processors(const ContainerSpec& spec) {
    if (capacity_.cpus.empty()) return;
    const std::set<int> online = processors_of(capacity_.cpus);
    for (const int wanted : processors_of(spec.limits.cpuset)) {
      if (online.contains(wanted)) continue;
      complain(
          spec, Severity::error, "limits.cpuset",
          "processor " + std::to_string(wanted) + " is not there: this host has " + capacity_.cpus,
          "");
      break;
    }
    if (spec.limits.cpus && *spec.limits.cpus > static_cast<double>(online.size())) {
      complain(spec, Severity::warning, "limits.cpus", "is more processor time than the host has",
               "it has " + std::to_string(online.size()) + " processors");
    }
  }

  // An address that another container has and keeps. Those of one set are compared elsewhere.
  void check_addresses(const ContainerSpec& spec) {
    for (std::size_t i = 0; i < spec.networks.size(); ++i) {
      const NetworkAttachment& wanted = spec.networks[i];
      const std::string key = at_index("networks", i);
      check_address(spec, key + ".ipv4_address", wanted.name, wanted.ipv4_address);
      check_address(spec, key + ".ipv6_address", wanted.name, wanted.ipv6_address);
    }
  }

  void check_address(const ContainerSpec& spec, const std::string& key, const std::string& network,
                     const std::string& address) {
    if (address.empty()) return;
    const auto holders = holders_.equal_range({network, address});
    for (auto holder = holders.first; holder != holders.second; ++holder) {
      const std::string& name = *holder->second;
      if (name == spec.name || renewed_.contains(name) || !after_.containers.contains(name)) {
        continue;
      }
      complain(spec, Severity::error, key, address + " is leased to " + name,
               "another address, or recreate " + name);
    }
  }

  void note_addresses(const std::string& name, const ObservedContainer& seen) {
    if (!seen.sandbox_spec) return;
    const auto& attachments = planning::attachments_of(*seen.sandbox_spec);
    for (const auto* held : {&seen.addresses, &seen.addresses6}) {
      for (std::size_t i = 0; i < std::min(attachments.size(), held->size()); ++i) {
        if (!(*held)[i].empty())
          holders_.emplace(std::pair(attachments[i].name, (*held)[i]), &name);
      }
    }
  }

  const DesiredState& after_;
  const Capacity& capacity_;
  std::set<std::string> renewed_;  // containers that lose their addresses
  // Which containers have an address of a network.
  std::multimap<std::pair<std::string, std::string>, const std::string*> holders_;
};

bool starts(Fate fate) {
  return fate == Fate::create || fate == Fate::start || fate == Fate::restart ||
         fate == Fate::recreate;
}

}  // namespace

std::vector<NeededPath> needed_paths(const ContainerSpec& spec) {
  using Kind = NeededPath::Kind;
  std::vector<NeededPath> paths;
  const auto add = [&paths](std::string key, const std::string& path, Kind kind = Kind::any) {
    if (path.starts_with('/')) paths.push_back({std::move(key), path, kind});
  };
  add("rootfs", spec.rootfs, Kind::directory);
  for (std::size_t i = 0; i < spec.env_file.size(); ++i) {
    add(at_index("env_file", i), spec.env_file[i]);
  }
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].type == MountType::bind) {
      add(at_index("mounts", i) + ".source", spec.mounts[i].source);
    }
  }
  for (const auto& [name, path] : spec.secrets) add("secrets." + name, path);
  for (std::size_t i = 0; i < spec.devices.size(); ++i) {
    add(at_index("devices", i), spec.devices[i].source, Kind::device);
  }
  for (std::size_t i = 0; i < spec.limits.io.size(); ++i) {
    add(at_index("limits.io", i) + ".device", spec.limits.io[i].device, Kind::block_device);
  }
  add("security.seccomp", spec.security.seccomp, Kind::seccomp_profile);
  const HookSpec& hooks = spec.hooks;
  if (!hooks.pre_start.empty()) add("hooks.pre_start", hooks.pre_start[0], Kind::program);
  if (!hooks.post_stop.empty()) add("hooks.post_stop", hooks.post_stop[0], Kind::program);
  return paths;
}

std::vector<SpecPtr> to_be_checked(const Preview& preview, const DesiredState& after) {
  std::vector<SpecPtr> specs;
  for (const PreviewItem& item : preview.items) {
    if (item.is_network || item.is_unit || !(starts(item.fate) || item.fate == Fate::update))
      continue;
    const auto found = after.containers.find(item.name);
    if (found != after.containers.end()) specs.push_back(found->second);
  }
  return specs;
}

std::vector<Diagnostic> preflight(const Preview& preview, const DesiredState& after,
                                  const ObservedState& observed, const Capacity& capacity) {
  std::set<std::string> renewed;
  for (const PreviewItem& item : preview.items) {
    if (!item.is_network && item.fate == Fate::recreate) renewed.insert(item.name);
  }
  Preflight check(after, observed, capacity, std::move(renewed));
  for (const SpecPtr& spec : to_be_checked(preview, after)) check.check(*spec);
  return std::move(check.problems);
}

}  // namespace berth
