// The order of a graph: dependencies before their dependants, over what is desired and what runs.
#pragma once

#include "supervisor/plan/graph.h"

namespace berth::planning {

// Fills in Graph::order and each Node::rank. A desired state has no cycle, but together with the
// dependencies of processes that run by older definitions there may be one: its members come last,
// by name, and the edges that then point to a higher rank count as none wherever one waits for
// another. So nothing waits for itself.
void set_order(Graph& graph);

}  // namespace berth::planning
