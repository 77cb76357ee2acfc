// ZoneRules: how far a place's clocks are from UTC, and when that changes. A value, made from a
// TZif file (RFC 8536) by base/zone_file.h; nothing here reads a file or a clock.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"

namespace berth {

// Seconds since 1970 UTC, without leap seconds.
using UnixSeconds = std::int64_t;

struct ZoneOffset {
  std::int32_t seconds = 0;  // local time minus UTC
  bool summer = false;       // daylight saving time
  bool operator==(const ZoneOffset&) const = default;
};

// A date and a time of day as clocks and calendars show it. Fields may be out of their range where
// a function says so: day 0 is the last of the month before.
struct CivilTime {
  std::int64_t year = 1970;
  std::int64_t month = 1;  // 1 to 12
  std::int64_t day = 1;    // 1 to 31
  std::int64_t hour = 0;
  std::int64_t minute = 0;
  std::int64_t second = 0;
  bool operator==(const CivilTime&) const = default;
};

// As if the civil time were UTC, and back. Takes fields out of their range.
UnixSeconds seconds_of(const CivilTime& time);
CivilTime civil_of(UnixSeconds seconds);
// Monday is 0.
unsigned weekday_of(UnixSeconds local_seconds);

// The day on which, and the second of that day at which, an offset begins every year.
struct YearlyChange {
  enum class Kind : std::uint8_t { month_week_day, day_of_year, day_of_year_without_february_29 };
  Kind kind = Kind::month_week_day;
  int month = 1;    // of month_week_day: the week-th such weekday of the month, 5: the last
  int week = 1;     //
  int weekday = 0;  // Sunday is 0
  int day = 0;      // of the others: from 0, and from 1
  std::int32_t second = 7200;  // of the day, by the clocks before the change; may be on another day
  bool operator==(const YearlyChange&) const = default;
};

// The rule for the times after the last change that is listed: a POSIX TZ string.
struct ZoneRule {
  ZoneOffset standard;
  ZoneOffset summer;
  std::optional<YearlyChange> summer_begins;  // none: there is no summer time
  std::optional<YearlyChange> summer_ends;
  bool operator==(const ZoneRule&) const = default;
};

// "CET-1CEST,M3.5.0,M10.5.0/3", "<+0330>-3:30".
Result<ZoneRule> parse_zone_rule(std::string_view text);

class ZoneRules {
 public:
  struct Change {
    UnixSeconds at = 0;
    ZoneOffset offset;
    bool operator==(const Change&) const = default;
  };

  ZoneRules() = default;  // UTC
  // `changes` in the order of time; `first` holds before them, `rule` after them.
  ZoneRules(ZoneOffset first, std::vector<Change> changes, std::optional<ZoneRule> rule);

  [[nodiscard]] ZoneOffset offset_at(UnixSeconds at) const;
  // The clocks' time, as seconds that civil_of takes.
  [[nodiscard]] std::int64_t local(UnixSeconds at) const { return at + offset_at(at).seconds; }

  // The instant at which clocks show a local time. Where they show it twice, the one with the
  // offset `hint` (in seconds); where they skip it, as if they were put forward later. `hint`
  // becomes the offset that was used. None for hostile rules, in which nothing is found.
  std::optional<UnixSeconds> instant_of(std::int64_t local, std::int64_t& hint) const;

  bool operator==(const ZoneRules&) const = default;

 private:
  ZoneOffset first_;
  std::vector<Change> changes_;
  std::optional<ZoneRule> rule_;
};

}  // namespace berth
