// limits.ulimits: what setrlimit(2) is asked for.
#include <algorithm>
#include <array>

#include <sys/resource.h>

#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

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

}  // namespace

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

}  // namespace berth::runtime
