#include "supervisor/execute/executor.h"

#include <utility>

#include "supervisor/plan/advance.h"

namespace berth {

ObservedState carry_out(const Plan& plan, ObservedState observed, Host& host, Instant now) {
  for (const AppointmentChange& change : plan.appointments) {
    observed = advance(std::move(observed), event::Appointed{change}, now);
  }
  for (const Action& action : plan.actions) {
    observed = advance(std::move(observed), event::Submitted{action}, now);
    host.submit(action);
  }
  return observed;
}

}  // namespace berth
