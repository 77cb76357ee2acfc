// What is to be done for a container whose process runs and is not to stop: live changes, probes.
#pragma once

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

void plan_running(PlanBuilder& builder, const Node& node);

}  // namespace berth::planning
