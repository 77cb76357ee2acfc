#include "supervisor/plan/schedule.h"

#include <algorithm>

namespace berth::planning {

namespace {

// A clock that is set back by no more than this does not bring a time again.
constexpr Duration kSetBack = std::chrono::minutes(1);

std::optional<WallTime> next_of(const std::vector<Calendar>& schedule, const WallClock& clock,
                                WallTime after) {
  std::optional<WallTime> first;
  for (const Calendar& calendar : schedule) {
    const ZoneRules* zone = clock.zone(calendar.zone);
    if (zone == nullptr) continue;
    const auto next = next_after(calendar, after, *zone);
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

// The clock was set, and perhaps back to before a time that has come.
bool stays_past(const Appointment& before, const WallClock& clock, WallTime wall) {
  return before.last && *before.last > wall && before.clock->offset - clock.offset <= kSetBack;
}

bool is_none(const Appointment& appointment) {
  return appointment.schedule.empty() && !appointment.due;
}

}  // namespace

bool is_scheduled(const ContainerSpec& spec) {
  return spec.type == ContainerType::oneshot && !spec.schedule.empty();
}

bool run_is_pending(const ObservedContainer& container) {
  return container.alive() || (container.appointment.due && !container.resting);
}

std::optional<AppointmentChange> next_appointment(const Appointment& before,
                                                  const std::vector<Calendar>& schedule,
                                                  const WallClockPtr& clock, Instant now,
                                                  bool occupied) {
  const WallTime wall = clock->at(now);
  const bool is_new = before.schedule != schedule || !before.clock;
  const bool has_come = !is_new && before.next && *before.next <= wall;
  if (!is_new && !has_come && before.clock == clock) return std::nullopt;
  AppointmentChange change{{}, before, false};
  Appointment& appointment = change.appointment;
  appointment.schedule = schedule;
  appointment.clock = clock;
  if (has_come) {
    appointment.last = wall;
    if (occupied) {
      ++appointment.skipped;
    } else {
      appointment.due = true;
      appointment.by_operator = false;
      change.begins = true;
    }
  }
  WallTime after = wall;
  if (!is_new && !has_come) {
    if (stays_past(before, *clock, wall))
      after = *before.last;
    else if (before.last && *before.last > wall)
      appointment.last.reset();  // of days that are to come again
  }
  appointment.next = next_of(schedule, *clock, after);
  return change;
}

std::vector<AppointmentChange> plan_schedules(PlanBuilder& builder, const Graph& graph,
                                              const WallClockPtr& clock, bool shutting_down) {
  std::vector<AppointmentChange> changes;
  if (shutting_down || !clock) return changes;
  for (const Node& node : graph.nodes) {
    const ObservedContainer& seen = *node.observed;
    if (!node.wanted || !is_scheduled(node.spec())) {
      if (!is_none(seen.appointment)) changes.push_back({*node.name, Appointment(), false});
      continue;
    }
    auto change = next_appointment(seen.appointment, node.spec().schedule, clock, builder.now(),
                                   run_is_pending(seen));
    if (change) {
      change->container = *node.name;
      changes.push_back(std::move(*change));
    } else if (seen.appointment.next) {
      if (const auto at = clock->instant_of(*seen.appointment.next)) builder.due(at);
    }
  }
  return changes;
}

}  // namespace berth::planning
