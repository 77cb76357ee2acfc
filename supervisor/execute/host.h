// Host: what can carry actions out. The real one is runtime/ on the kernel; the simulation has
// another. Both begin an action and answer later, with events, to whoever drives the loop.
#pragma once

#include "supervisor/plan/action.h"

namespace berth {

class Host {
 public:
  virtual ~Host() = default;
  // Begins the action. Never blocks, never throws, and never calls back: each submitted action
  // is answered by events on a later turn of the loop, exactly once.
  virtual void submit(const Action& action) = 0;
};

}  // namespace berth
