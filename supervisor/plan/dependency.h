// Whether a dependency's condition is met.
#pragma once

#include "supervisor/plan/graph.h"

namespace berth::planning {

// started: the other runs and is to go on running, or is a oneshot that has had its run.
// healthy: so, and it is ready and, with a health check, healthy.
// completed: it is a oneshot that ended well and is not to run again.
// A dependency without definition is never met. Reads what is decided of the other node.
bool is_met(const Node& other, DependencyCondition condition);
// The same of any dependency, also on a unit of systemd (units.h).
bool is_met(const Graph& graph, const Edge& edge);
bool all_met(const Graph& graph, const Node& node);

// "started", "healthy", "completed"
std::string_view name_of(DependencyCondition condition);

}  // namespace berth::planning
