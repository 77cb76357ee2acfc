// Calendar: points in time that come again, written as systemd's OnCalendar= (systemd.time(7),
// CALENDAR EVENTS): "Mon..Fri *-*-* 02:00 Europe/Berlin", "daily", "*:0/15". A value.
//
// Accepts what `systemd-analyze calendar` of systemd 252 accepts, on a host whose local time is
// UTC: the abbreviations of the local zone ("CEST"), which mean something else on each host, are
// only names of the database here ("CET" is one, "CEST" is none). tests/calendar compares the two.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/time_zone.h"

namespace berth {

struct Calendar {
  // "5", "5..9", "5/2", "5..9/2"
  struct Item {
    std::int32_t first = 0;
    std::int32_t last = -1;  // -1: no range
    std::int32_t step = 0;   // 0: no repetition
    auto operator<=>(const Item&) const = default;
  };
  using List = std::vector<Item>;  // in order, each once; empty: every one

  enum Part : std::uint8_t { year, month, day, hour, minute, microsecond };
  static constexpr std::size_t kParts = 6;

  std::uint8_t weekdays = 0;       // bit 0: Monday; 0: every day
  bool from_month_end = false;     // the days count back from the last of the month, which is 1
  std::array<List, kParts> parts;  // `microsecond` counts within the minute
  std::string zone;                // empty: local time; else "UTC" or a name of the database

  // The normalized form: "Mon..Fri *-*-* 02:00:00 Europe/Berlin".
  [[nodiscard]] std::string text() const;
  bool operator==(const Calendar&) const = default;
};

// `zone_exists` is asked about a last word that could be the name of a time zone.
Result<Calendar> parse_calendar(std::string_view text,
                                const std::function<bool(const std::string&)>& zone_exists);

// The first of its times that is later than `after`; none: never again (the year 2199 is the last).
// `zone` are the rules of the calendar's zone. Local times that clocks skip do not elapse that day;
// those that they show twice elapse once, mostly at the first: as systemd's timers.
std::optional<WallTime> next_after(const Calendar& calendar, WallTime after, const ZoneRules& zone);

}  // namespace berth
