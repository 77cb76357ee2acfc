// What containers wait for, in words.
#pragma once

#include <map>
#include <set>
#include <string>

#include "supervisor/plan/state.h"

namespace berth {

// For each wanted container that neither runs nor rests, and for each that keeps running by its
// old definition, what holds it up: "waits for db to be healthy", "waits for db, which an operator
// stopped", "waits for network lan: cannot …". Containers that wait for nothing, or for time
// alone, are not in it, but those that wait for their update window: "keeps its old definition:
// waits for its update window, Sun 02:00-04:00 (in 3 days)". `now` is for them alone, and counts
// for nothing when the wall clock stands. To be shown where ObservedContainer::error is empty.
std::map<std::string, std::string> waits(const DesiredState& desired, const ObservedState& observed,
                                         Instant now = {});

// The containers that run by their old definition because no update window is open.
std::set<std::string> held_back(const DesiredState& desired, const ObservedState& observed,
                                Instant now);

}  // namespace berth
