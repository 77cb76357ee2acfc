// What is observed once the host could not carry an action out.
#pragma once

#include <string>

#include "supervisor/plan/action.h"
#include "supervisor/plan/state.h"

namespace berth::planning {

void failed(ObservedState& state, const Action& action, const std::string& error, Instant now);

}  // namespace berth::planning
