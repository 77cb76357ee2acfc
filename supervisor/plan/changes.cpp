#include "supervisor/plan/changes.h"

#include <algorithm>

#include "supervisor/plan/graph.h"

namespace berth::planning {

bool same(const SpecPtr& left, const SpecPtr& right) {
  if (left == right) return true;
  return left && right && same_definition(*left, *right);
}

Changes changes_between(const ContainerSpec& before, const ContainerSpec& after) {
  Changes changes;
  changes.keys = changed_keys(before, after);
  for (const KeyChange& change : changes.keys) {
    changes.cost = std::max(changes.cost, change.cost);
    if (change.cost != Cost::recreate) continue;
    if (change.part == Part::sandbox) changes.sandbox = true;
    if (change.part == Part::root) changes.root = true;
  }
  return changes;
}

Changes changes_of(const Node& node) {
  const SpecPtr& before = node.observed->spec;
  Changes changes = same(before, *node.desired) ? Changes() : changes_between(*before, node.spec());
  for (const ContentChange& content : node.content) {
    changes.keys.push_back(content.change);
    changes.cost = std::max(changes.cost, content.change.cost);
  }
  return changes;
}

bool sandbox_outdated(const ObservedContainer& container, const SpecPtr& desired) {
  const SpecPtr& made_from = container.sandbox_spec;
  if (!made_from || made_from == desired) return false;
  return changes_between(*made_from, *desired).sandbox;
}

bool root_outdated(const ObservedContainer& container, const SpecPtr& desired) {
  const SpecPtr& made_from = container.root_spec;
  if (!container.root || !made_from || made_from == desired) return false;
  return changes_between(*made_from, *desired).root;
}

bool new_definition_wakes(const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (!node.renewed) return false;
  if (seen.phase == Phase::failed) return true;
  const RestartPolicy policy = node.spec().restart.policy;
  const bool rests_no_more =
      node.spec().runs_on() && seen.spec->restart.policy != policy &&
      (policy == RestartPolicy::always || policy == RestartPolicy::unless_stopped);
  return rests_no_more || changes_of(node).cost >= Cost::restart;
}

bool network_outdated(const ObservedNetwork& observed, const NetworkSpec& desired) {
  if (!observed.spec || observed.spec.get() == &desired) return false;
  return observed.spec->bridge != desired.bridge || observed.spec->subnet != desired.subnet ||
         observed.spec->subnet6 != desired.subnet6;
}

}  // namespace berth::planning
