// TimeWindow: a time of the week that comes again, with a begin and an end: "Sun 02:00-04:00",
// "Mon..Fri 22:00-06:00 Europe/Berlin". A value.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/time_zone.h"

namespace berth {

struct TimeWindow {
  std::uint8_t weekdays = 0;  // on which it begins. Bit 0: Monday; 0: every day
  std::int32_t begins = 0;    // in minutes of the day
  std::int32_t ends = 1440;   // not before it begins: on the next day
  std::string zone;           // empty: local time; else "UTC" or a name of the database

  // "Sun 02:00-04:00"
  [[nodiscard]] std::string text() const;
  bool operator==(const TimeWindow&) const = default;
};

// Weekdays as in calendar expressions; `zone_exists` as for parse_calendar.
Result<TimeWindow> parse_time_window(std::string_view text,
                                     const std::function<bool(const std::string&)>& zone_exists);

// Whether clocks show a time within it.
bool is_open(const TimeWindow& window, WallTime at, const ZoneRules& zone);

// The next time from `at` on at which it begins, when it is not open already. None: never, in a
// window that clocks always skip.
std::optional<WallTime> next_opening(const TimeWindow& window, WallTime at, const ZoneRules& zone);

}  // namespace berth
