// The executor: hands the actions of a plan to a Host, and remembers in the observed state that
// they are under way. It has no choice to make: the plan's order is kept.
#pragma once

#include "supervisor/execute/host.h"
#include "supervisor/plan/state.h"

namespace berth {

// What the plan asks to be remembered, then for each action: observed = advance(observed,
// Submitted{action}), then records.keep(), then host.submit(). What cannot be recorded has Failed.
//
// A signal is sent first, and is recorded by who drives the loop, at the end of the turn: rather
// sent twice than recorded and never sent.
ObservedState carry_out(const Plan& plan, ObservedState observed, Host& host, Records& records,
                        Instant now);

}  // namespace berth
