// Orders of a graph: dependencies before their dependants.
#pragma once

#include "supervisor/plan/graph.h"

namespace berth::planning {

// All nodes, by what their definitions depend on. Should there be a cycle, which no desired state
// has, then the edge that closes it is ignored and every other edge holds.
std::vector<NodeIndex> desired_order(const Graph& graph);

// By what the running processes depend on, as a rank for each node: what one relies on has a lower
// one. Processes that run by different sets of definitions may depend on each other in a cycle; the
// edge that closes it does not count. Who waits only for higher ranks never waits for itself.
std::vector<std::uint32_t> running_ranks(const Graph& graph);

}  // namespace berth::planning
