#include "supervisor/execute/executor.h"

#include <utility>

#include "supervisor/plan/advance.h"

namespace berth {

namespace {

// Done once it is submitted, and nothing that would have to be cleaned up.
bool ends_at_once(const Deed& deed) {
  return std::holds_alternative<action::Stop>(deed) || std::holds_alternative<action::Kill>(deed) ||
         std::holds_alternative<action::Reload>(deed) ||
         std::holds_alternative<action::Probe>(deed) ||
         std::holds_alternative<action::Check>(deed) ||
         std::holds_alternative<action::WatchFiles>(deed) ||
         std::holds_alternative<action::WatchUnits>(deed);
}

}  // namespace

ObservedState carry_out(const Plan& plan, ObservedState observed, Host& host, Records& records,
                        Instant now) {
  for (const AppointmentChange& change : plan.appointments) {
    observed = advance(std::move(observed), event::Appointed{change}, now);
  }
  for (const Action& action : plan.actions) {
    observed = advance(std::move(observed), event::Submitted{action}, now);
    const Result<void> kept =
        ends_at_once(action.deed) ? Result<void>() : records.keep(action, observed);
    if (kept) {
      host.submit(action);
    } else {
      observed = advance(std::move(observed), event::Failed{action, kept.error().message()}, now);
    }
  }
  return observed;
}

}  // namespace berth
