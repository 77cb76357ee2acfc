// reconcile: what to do next, so that what is observed becomes what is desired. Pure.
//
// Level-triggered: it looks at the two states alone, so that it does not matter which events were
// seen or missed, and it is called after every batch of them. A plan holds only actions that may
// begin now; what follows from their completion comes from the next call. An empty plan without
// wake_at means: nothing is left to do until something happens.
#pragma once

#include "supervisor/plan/action.h"
#include "supervisor/plan/state.h"

namespace berth {

Plan reconcile(const DesiredState& desired, const ObservedState& observed, Instant now);

// After a shutdown: nothing of ours is on the host but root file systems, logs and leases.
bool nothing_left(const ObservedState& observed);

// All actions down to the last, if every one of them succeeds, nothing exits by itself, and
// oneshots and health probes succeed: what `berth plan` prints. Probes, and what files and units
// are watched, are left out.
std::vector<Action> forecast(const DesiredState& desired, const ObservedState& observed,
                             Instant now);

}  // namespace berth
