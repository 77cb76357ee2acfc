// advance: the observed state after an event. Pure: no I/O, no clock, no log.
#pragma once

#include "supervisor/plan/event.h"
#include "supervisor/plan/state.h"

namespace berth {

// Events about launches that are no longer the container's current one (an old launch_id) change
// nothing. Moves `observed` through: O(log n) in the number of containers.
ObservedState advance(ObservedState observed, const Event& event, Instant now);

}  // namespace berth
