// WallClock: what the time of day is at an Instant, as a value, so that decisions that ask for it
// stay pure. And Appointment: the next time of a scheduled oneshot.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/calendar.h"
#include "supervisor/base/clock.h"
#include "supervisor/base/time_zone.h"
#include "supervisor/model/spec.h"

namespace berth {

using ZonePtr = std::shared_ptr<const ZoneRules>;

struct WallClock {
  Duration offset{};                     // the time of day minus the boot clock
  std::map<std::string, ZonePtr> zones;  // by the names that definitions have; "": local time
  std::optional<WallTime> stands_at;     // of a forecast: it does not go on

  [[nodiscard]] WallTime at(Instant instant) const {
    return stands_at ? *stands_at : WallTime(instant.time_since_epoch() + offset);
  }
  // None when it stands: nothing will ever come.
  [[nodiscard]] std::optional<Instant> instant_of(WallTime time) const {
    if (stands_at) return std::nullopt;
    return Instant(time.time_since_epoch() - offset);
  }
  // Null: the zone could not be read. What asks for it waits until it can be.
  [[nodiscard]] const ZoneRules* zone(const std::string& name) const {
    const auto found = zones.find(name);
    return found == zones.end() ? nullptr : found->second.get();
  }
};
using WallClockPtr = std::shared_ptr<const WallClock>;

struct Appointment {
  std::vector<Calendar> schedule;  // that it was made for; empty: there is none
  WallClockPtr clock;              // and the clock
  std::optional<WallTime> next;    // none: it never comes again
  std::optional<WallTime> last;    // when a time was last seen to have come
  bool due = false;                // a run was asked for, by a time or by an operator
  bool by_operator = false;        // which of the two
  std::uint64_t skipped = 0;       // times that came while a run was under way
};

// What reconcile finds to be remembered: to be told by event::Appointed, then it is asked again.
struct AppointmentChange {
  std::string container;
  Appointment appointment;
  bool begins = false;  // a time has come, and a run begins anew
};

}  // namespace berth
