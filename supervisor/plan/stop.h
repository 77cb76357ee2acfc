// Which running containers are to stop, why, and in which order.
#pragma once

#include "supervisor/plan/graph.h"
#include "supervisor/plan/networks.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

// Decides stop, stop_through and holds of every node, dependencies first: whether a condition is
// met depends on whether the other is about to go. A change of the definition does not take a
// container down before its replacement may start.
void decide_stops(Graph& graph, const NetworkUses& uses, bool shutting_down);

// Decides stop_waits: a container stops after all its dependants that are to stop.
void decide_stop_order(Graph& graph);

// Stop, and Kill when the time for stopping is over; again every kKillInterval while the process
// is still there.
constexpr Duration kKillInterval = std::chrono::seconds(10);
void plan_stop(PlanBuilder& builder, const Graph& graph, const Node& node);

}  // namespace berth::planning
