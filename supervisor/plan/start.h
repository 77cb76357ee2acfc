// What is to be done for a container whose process does not run: clean up, release, start.
#pragma once

#include "supervisor/plan/graph.h"
#include "supervisor/plan/networks.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

// At most one action: the next of clean up, remove the sandbox, remove the root, make the
// sandbox, launch.
void plan_start(PlanBuilder& builder, const Graph& graph, const NetworkUses& uses, const Node& node,
                bool shutting_down);

}  // namespace berth::planning
