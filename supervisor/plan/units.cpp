#include "supervisor/plan/units.h"

#include <set>
#include <utility>

#include "supervisor/model/unit_name.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/dependency.h"

namespace berth::planning {

namespace {

bool restarts_with(const ObservedContainer& seen, const std::string& dependency) {
  if (!seen.spec) return false;
  const auto found = seen.spec->depends_on.find(dependency);
  return found != seen.spec->depends_on.end() && found->second.restart;
}

bool was_started_anew(const ObservedContainer& seen, const Edge& edge) {
  const auto known = seen.units.find(*edge.name);
  const std::uint64_t now = edge.unit->state.activation;
  return known != seen.units.end() && now != 0 && known->second != now;
}

// It is down for want of its dependencies, or keeps its old definition for it.
bool waits_to_start(const Node& node) {
  if (!node.will_run) return false;
  if (!node.observed->alive()) return true;
  return node.renewed && !node.held_back && !node.leaving() &&
         changes_of(node).cost >= Cost::restart;
}

bool may_be_started(const ObservedUnit& unit) {
  if (unit.starting || !unit.state.problem.empty()) return false;
  return unit.state.activity == UnitActivity::inactive ||
         unit.state.activity == UnitActivity::failed;
}

std::string reason_for(const Node& node, const ObservedUnit& unit) {
  std::string reason = "needed by " + *node.name;
  if (unit.requests > 0) reason += ", attempt " + std::to_string(unit.requests + 1);
  return reason;
}

void plan_watch(PlanBuilder& builder, const DesiredState& desired, const ObservedState& observed) {
  std::set<std::string> names;
  if (!desired.shutting_down) {
    for (const auto& [name, spec] : desired.containers) {
      for (const auto& [dependency, how] : spec->depends_on) {
        if (names_unit(dependency)) names.insert(dependency);
      }
    }
  }
  if (names == observed.watched_units) return;
  const std::string reason =
      desired.shutting_down ? "berthd stops" : "the units of the definitions are others";
  builder.add(Stage::files, 0, Action{"", action::WatchUnits{std::move(names)}, reason, {}});
}

}  // namespace

bool is_met(const ObservedUnit& unit, DependencyCondition condition) {
  const bool active = unit.state.activity == UnitActivity::active;
  return unit.state.completed || (active && condition != DependencyCondition::completed);
}

const Edge* restarted_unit(const Graph& graph, const Node& node) {
  for (const Edge& edge : graph.desired_edges(node)) {
    if (!edge.unit || !edge.how->restart || !is_met(*edge.unit, edge.how->condition)) continue;
    if (node.renewed && !restarts_with(*node.observed, *edge.name)) continue;
    if (was_started_anew(*node.observed, edge)) return &edge;
  }
  return nullptr;
}

std::string describe_unit(const Edge& edge) {
  const ObservedUnit& unit = *edge.unit;
  std::string text = "waits for " + *edge.name;
  if (!unit.state.problem.empty()) return text + ": " + unit.state.problem;
  if (unit.state.activity == UnitActivity::unknown) return text + ", of which is nothing known yet";
  const bool never = edge.how->condition == DependencyCondition::completed && !unit.state.completes;
  if (never && unit.state.activity == UnitActivity::active) {
    return text + " to be completed, which only a service of Type=oneshot ever is";
  }
  if (edge.how->condition == DependencyCondition::completed) text += " to be completed";
  text += " (" + std::string(name_of(unit.state.activity)) + ")";
  return unit.error.empty() ? text : text + ": " + unit.error;
}

std::map<std::string, std::uint64_t> activations_of(const ContainerSpec& spec,
                                                    const ObservedState& observed) {
  std::map<std::string, std::uint64_t> activations;
  for (const auto& [dependency, how] : spec.depends_on) {
    const auto found = observed.units.find(dependency);
    if (found == observed.units.end() || found->second.state.activation == 0) continue;
    activations[dependency] = found->second.state.activation;
  }
  return activations;
}

void adopt_units(ObservedContainer& container, const ObservedState& observed) {
  if (!container.running() || !container.spec) return;
  container.units.merge(activations_of(*container.spec, observed));
}

void plan_units(PlanBuilder& builder, const Graph& graph, const DesiredState& desired,
                const ObservedState& observed) {
  plan_watch(builder, desired, observed);
  std::set<std::string> asked;
  for (const Node& node : graph.nodes) {
    if (!waits_to_start(node)) continue;
    for (const Edge& edge : graph.desired_edges(node)) {
      if (!edge.unit || is_met(*edge.unit, edge.how->condition)) continue;
      if (!may_be_started(*edge.unit) || asked.contains(*edge.name)) continue;
      if (!builder.due(edge.unit->next_start)) continue;
      asked.insert(*edge.name);
      builder.add(Stage::start, node.spec().start_order,
                  Action{*edge.name, action::StartUnit{}, reason_for(node, *edge.unit), {}});
    }
  }
}

std::string_view name_of(UnitActivity activity) {
  switch (activity) {
    case UnitActivity::unknown: return "unknown";
    case UnitActivity::inactive: return "inactive";
    case UnitActivity::activating: return "activating";
    case UnitActivity::active: return "active";
    case UnitActivity::deactivating: return "deactivating";
    case UnitActivity::failed: return "failed";
  }
  return "?";
}

}  // namespace berth::planning
