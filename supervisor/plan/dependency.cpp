#include "supervisor/plan/dependency.h"

#include <algorithm>

#include "supervisor/plan/units.h"

namespace berth::planning {

bool is_met(const Node& other, DependencyCondition condition) {
  if (!other.desired) return false;
  const ObservedContainer& seen = *other.observed;
  const bool runs = seen.running() && !other.leaving();
  const bool has_had_its_run = seen.completed && other.rests;
  switch (condition) {
    case DependencyCondition::started: return runs || has_had_its_run;
    case DependencyCondition::healthy:
      return runs && seen.phase == Phase::ready &&
             (!seen.spec->healthcheck.configured() || seen.health == Health::healthy);
    case DependencyCondition::completed: return has_had_its_run;
  }
  return false;
}

bool is_met(const Graph& graph, const Edge& edge) {
  if (edge.unit) return is_met(*edge.unit, edge.how->condition);
  return edge.to != kNowhere && is_met(graph.nodes[edge.to], edge.how->condition);
}

bool all_met(const Graph& graph, const Node& node) {
  return std::ranges::all_of(graph.desired_edges(node),
                             [&](const Edge& edge) { return is_met(graph, edge); });
}

std::string_view name_of(DependencyCondition condition) {
  switch (condition) {
    case DependencyCondition::started: return "started";
    case DependencyCondition::healthy: return "healthy";
    case DependencyCondition::completed: return "completed";
  }
  return "?";
}

}  // namespace berth::planning
