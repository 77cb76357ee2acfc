// The executor: hands the actions of a plan to a Host, and remembers in the observed state that
// they are under way. It has no choice to make: the plan's order is kept.
#pragma once

#include "supervisor/execute/host.h"
#include "supervisor/plan/state.h"

namespace berth {

// What the plan asks to be remembered, then for each action: observed = advance(observed,
// Submitted{action}), then host.submit(action).
ObservedState carry_out(const Plan& plan, ObservedState observed, Host& host, Instant now);

}  // namespace berth
