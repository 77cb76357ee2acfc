// What is observed once an action is handed to the host.
#pragma once

#include "supervisor/plan/action.h"
#include "supervisor/plan/state.h"

namespace berth::planning {

void submitted(ObservedState& state, const Action& action, Instant now);

}  // namespace berth::planning
