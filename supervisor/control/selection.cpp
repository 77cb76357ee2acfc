#include "supervisor/control/selection.h"

#include <algorithm>
#include <optional>
#include <set>

#include "supervisor/base/nearest.h"

namespace berth::control {

namespace {

bool in_group(const ContainerSpec& spec, const std::string& group) {
  return std::ranges::find(spec.groups, group) != spec.groups.end();
}

std::string guess(const std::vector<std::string>& known, const std::string& name) {
  const std::string_view near = nearest(name, known);
  return near.empty() ? "" : " (did you mean \"" + std::string(near) + "\"?)";
}

CallError no_such_group(const DesiredState& desired, const std::string& group) {
  std::set<std::string> groups;
  for (const auto& [name, spec] : desired.containers) {
    groups.insert(spec->groups.begin(), spec->groups.end());
  }
  return CallError{"NoSuchGroup", "no container is in the group \"" + group + "\"" +
                                      guess({groups.begin(), groups.end()}, group)};
}

}  // namespace

CallError no_such_container(const DesiredState& desired, const ObservedState& observed,
                            const std::string& name) {
  std::set<std::string> known;
  for (const auto& [known_name, spec] : desired.containers) known.insert(known_name);
  for (const auto& [known_name, container] : observed.containers) known.insert(known_name);
  return CallError{"NoSuchContainer", "there is no container \"" + name + "\"" +
                                          guess({known.begin(), known.end()}, name)};
}

CallResult<std::vector<std::string>> select(const DesiredState& desired,
                                            const ObservedState& observed,
                                            const Selection& selection, bool also_leaving) {
  std::vector<std::string> chosen;
  std::set<std::string> seen;
  for (const std::string& name : selection.names) {
    const bool known =
        desired.containers.contains(name) || (also_leaving && observed.containers.contains(name));
    if (!known) return std::unexpected(no_such_container(desired, observed, name));
    if (seen.insert(name).second) chosen.push_back(name);
  }
  for (const std::string& group : selection.groups) {
    bool found = false;
    for (const auto& [name, spec] : desired.containers) {
      if (!in_group(*spec, group)) continue;
      found = true;
      if (seen.insert(name).second) chosen.push_back(name);
    }
    if (!found) return std::unexpected(no_such_group(desired, group));
  }
  if (chosen.empty()) {
    return std::unexpected(CallError{"NothingSelected", "neither a name nor a group was given"});
  }
  return chosen;
}

}  // namespace berth::control
