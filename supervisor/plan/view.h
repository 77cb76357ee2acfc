// The network view that packet rules and name files must show.
#pragma once

#include "supervisor/plan/plan_builder.h"
#include "supervisor/plan/state.h"

namespace berth::planning {

// Bridges of the networks that are present; published ports and names of the containers whose
// sandbox is present. Whether a process runs or is ready makes no difference, so that a restart
// changes nothing. Containers on the same networks share one list of names.
NetworkView view_of(const DesiredState& desired, const ObservedState& observed);

// Equality that compares shared lists once.
bool same_view(const NetworkView& left, const NetworkView& right);

void plan_view(PlanBuilder& builder, const DesiredState& desired, const ObservedState& observed);

}  // namespace berth::planning
