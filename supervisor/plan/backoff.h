// Failures, and how long the next start waits for them.
#pragma once

#include <string>

#include "supervisor/plan/state.h"

namespace berth::planning {

// delay * factor^attempts, at most max_delay.
Duration start_delay(const RestartSpec& restart, unsigned attempts);

// The waits between attempts at what has no restart policy (networks, the view, removals): 1s,
// doubled up to `most`. `failures` counts from 1.
Duration retry_delay(unsigned failures, Duration most);
constexpr Duration kRemovalDelayMax = std::chrono::seconds(10);
constexpr Duration kNetworkDelayMax = std::chrono::minutes(1);
constexpr Duration kUpdateDelay = std::chrono::seconds(10);

// The container failed: to start, to stay, or its health check. Decides between backing-off and
// failed by the restart policy of `spec`, which is set. With `burst` failures within `interval`
// it is failed; a burst of 0 is no limit.
void record_failure(ObservedContainer& container, std::string why, Instant now);

// As if it had never failed: an operator or a new definition begins anew.
void forget_failures(ObservedContainer& container);

}  // namespace berth::planning
