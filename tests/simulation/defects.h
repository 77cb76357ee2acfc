// Defects, planted into reconcile and advance from outside, that the checkers must find.
#pragma once

#include <span>
#include <string_view>

#include "supervisor/plan/event.h"
#include "supervisor/plan/reconcile.h"
#include "tests/simulation/random.h"

namespace berth::simulation {

enum class Defect {
  none,
  ignore_dependencies,  // starts what waits for a dependency
  duplicate_launch,     // submits a launch twice
  ignore_backoff,       // forgets when the next start is due
  stop_all_at_once,     // knows no reverse order
  skip_clean_up,        // takes remains for cleaned up
  lose_exits,           // now and then forgets that a process ended
  ignore_operator,      // starts what an operator stopped
  kill_early,           // does not wait for stop_timeout
  restart_for_update,   // stops where a live change would do
  forget_wake,          // does not say when time asks for more
  keep_networks,        // never removes a network
  ignore_burst,         // starts again whatever failed for good
  keep_old_sandbox,     // launches into whatever sandbox there is
  ignore_content,       // never sees that a file has another content
  reload_again,         // forgets that it told a process to reload
  ignore_checks,        // stops for a definition without looking at what it needs
  publish_unchecked,    // publishes ports before anybody looked whether they are free
  stop_for_vanished,    // takes a file that vanished for a changed one
  forget_units,         // does not wait for units of systemd
};
std::span<const Defect> all_defects();
std::string_view name_of(Defect defect);

Plan defective_reconcile(Defect defect, const DesiredState& desired, const ObservedState& observed,
                         Instant now);
ObservedState defective_advance(Defect defect, Random& random, ObservedState observed,
                                const Event& event, Instant now);

}  // namespace berth::simulation
