// What a plan is carried out against: a Host, which can carry actions out, and Records, where what
// is observed is kept for a later worker. The real ones are runtime/ on the kernel and record/ in
// files; the simulation has others.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/plan/action.h"

namespace berth {

class Host {
 public:
  virtual ~Host() = default;
  // Begins the action. Never blocks, never throws, and never calls back: each submitted action
  // is answered by events on a later turn of the loop, exactly once.
  virtual void submit(const Action& action) = 0;
};

class Records {
 public:
  virtual ~Records() = default;
  // Keeps what is observed of the action's subject, the action itself included, before the deed.
  // Without that the deed is not done.
  virtual Result<void> keep(const Action& action, const ObservedState& observed) = 0;
};

}  // namespace berth
