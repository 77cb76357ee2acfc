// forecast: what a host on which everything succeeds would be asked to do, down to the last action.
#pragma once

#include <vector>

#include "supervisor/plan/action.h"
#include "supervisor/plan/state.h"

namespace berth {

struct Forecast {
  std::vector<Action> actions;  // without health probes
  ObservedState rest;           // once they have all been carried out
};

// As if every action succeeds, nothing exits by itself, and oneshots and health probes succeed.
Forecast forecast_to_rest(const DesiredState& desired, const ObservedState& observed, Instant now);

}  // namespace berth
