// The schedules of oneshots: when a run is due.
#pragma once

#include <optional>
#include <vector>

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

// A oneshot with times of its own: nothing but they and operators start it.
bool is_scheduled(const ContainerSpec& spec);

// A run is under way, or about to be.
bool run_is_pending(const ObservedContainer& container);

// The appointment that follows `before`, when another one does. A time that comes while a run is
// under way (`occupied`) is skipped; any number of times that have come together are one. When the
// clock is set back by more than a minute, its times come again.
std::optional<AppointmentChange> next_appointment(const Appointment& before,
                                                  const std::vector<Calendar>& schedule,
                                                  const WallClockPtr& clock, Instant now,
                                                  bool occupied);

// What is to be remembered of all containers, and the instant of the next time. Those that are not
// wanted have no appointments. After decide_wanted.
std::vector<AppointmentChange> plan_schedules(PlanBuilder& builder, const Graph& graph,
                                              const WallClockPtr& clock, bool shutting_down);

}  // namespace berth::planning
