#include "supervisor/base/calendar.h"

#include <doctest/doctest.h>

#include "supervisor/base/zone_file.h"

namespace berth {
namespace {

bool known_zone(const std::string& name) { return load_zone(name).has_value(); }

Calendar parsed(const std::string& text) {
  const auto calendar = parse_calendar(text, known_zone);
  REQUIRE_MESSAGE(calendar, text);
  return *calendar;
}

std::string refused(const std::string& text) {
  const auto calendar = parse_calendar(text, known_zone);
  REQUIRE_MESSAGE(!calendar, text << " became " << (calendar ? calendar->text() : ""));
  return calendar.error().message();
}

WallTime utc(const CivilTime& time) { return WallTime{std::chrono::seconds(seconds_of(time))}; }

// The next times in UTC, to the second, after a time in UTC.
std::string next(const std::string& text, const CivilTime& after, int count = 1) {
  const Calendar calendar = parsed(text);
  const auto zone = load_zone(calendar.zone.empty() ? "UTC" : calendar.zone);
  REQUIRE(zone);
  std::string times;
  WallTime at = utc(after);
  for (int i = 0; i < count; ++i) {
    const auto found = next_after(calendar, at, *zone);
    if (!found) return times + "never";
    at = *found;
    times += (i > 0 ? " " : "") + format_rfc3339(at).substr(5, 14);
  }
  return times;
}

TEST_CASE("A calendar expression has a normalized form") {
  const std::pair<const char*, const char*> kForms[] = {
      {"daily", "*-*-* 00:00:00"},
      {"MINUTELY", "*-*-* *:*:00"},
      {"hourly", "*-*-* *:00:00"},
      {"weekly", "Mon *-*-* 00:00:00"},
      {"monthly", "*-*-01 00:00:00"},
      {"quarterly", "*-01,04,07,10-01 00:00:00"},
      {"semi-annually", "*-01,07-01 00:00:00"},
      {"yearly utc", "*-01-01 00:00:00 UTC"},
      {"02:00", "*-*-* 02:00:00"},
      {"*:0/15", "*-*-* *:00/15:00"},
      {"Mon", "Mon *-*-* 00:00:00"},
      {"Mon..Fri 9:00 Europe/Berlin", "Mon..Fri *-*-* 09:00:00 Europe/Berlin"},
      {"sunday,tue-wed", "Tue,Wed,Sun *-*-* 00:00:00"},
      {"Mon..Sun", "*-*-* 00:00:00"},
      {"*-*~1", "*-*~01 00:00:00"},
      {"2~3", "*-02~03 00:00:00"},
      {"12-1-1", "2012-01-01 00:00:00"},
      {"99-1-1", "1999-01-01 00:00:00"},
      {"3,1:5..9/3,7", "*-*-* 01,03:05..08/3,07:00"},
      {"5..5:0", "*-*-* 05:00:00"},
      {"*:*:*", "*-*-* *:*:*"},
      {"*:*:3.5..9", "*-*-* *:*:03.500000..08.500000"},
      {"*:*:5.1234567", "*-*-* *:*:05.123457"},
      {"*:*:0/0.25", "*-*-* *:*:00/0.250000"},
      {"@1700000000", "2023-11-14 22:13:20 UTC"},
      {"@5 Europe/Berlin", "1970-01-01 00:00:05 UTC"},
  };
  for (const auto& [text, form] : kForms) {
    CHECK(parsed(text).text() == form);
    CHECK(parsed(form) == parsed(text));
  }
}

TEST_CASE("What is no calendar expression is refused with what is wrong about it") {
  CHECK(refused("") == "\"\" is not a calendar expression: it is empty");
  CHECK(refused("0 3 * * *").ends_with("a \"-\" is missing before \" 3 * * *\""));
  CHECK(refused("25:00").ends_with("there is no hour 25 (0 to 23)"));
  CHECK(refused("*-*~29").ends_with("there is no day 29 from a month's end (1 to 28)"));
  CHECK(refused("*-*~1,2,26").ends_with("there is no day 26 from a month's end (1 to 22)"));
  CHECK(refused("02:00 Europe/Berln").ends_with("there is no time zone \"Europe/Berln\""));
  CHECK(refused("Fri..Mon").ends_with("its range of weekdays runs backwards"));
  CHECK(refused("*-*-5..3").ends_with("its range of days runs backwards"));
  CHECK(refused("*:0/0").ends_with("a repetition by 0 never moves on"));
  CHECK(refused("*-*-3/40").ends_with("its repetition of days leads nowhere"));
  CHECK(refused("Mon 5").ends_with("a time (such as 02:00) is missing at its end"));
  CHECK(refused("Sun 02:00-04:00").ends_with("the end is missing before \"-04:00\""));
  for (const char* text : {" ",
                           "*",
                           " 5:00",
                           "5:00 ",
                           "Mon,,Tue",
                           "Mon..",
                           "Mon..Tue..Wed",
                           "5:00,",
                           "*/5:00",
                           "2200-1-1",
                           "1969-1-1",
                           "*-~5",
                           "5:00:60",
                           "*:*:3..3",
                           "UTC",
                           "5:00 ../zoneinfo/UTC",
                           "5:00 CEST",
                           "99999999999:0",
                           "Mon\t5:00",
                           "@-5",
                           "@99999999999",
                           "*-*-*T02:00",
                           "daily daily"}) {
    refused(text);
  }
}

TEST_CASE("A long list is refused before it grows without bound") {
  std::string text = "*:0";
  for (int i = 1; i < 241; ++i) text += "," + std::to_string(i % 60);
  parsed(text);
  CHECK(refused(text + ",1").ends_with("one of its lists is too long"));
}

TEST_CASE("The next time is later than the given one") {
  CHECK(next("02:00", {2026, 3, 28, 1, 59, 59}) == "03-28T02:00:00");
  CHECK(next("02:00", {2026, 3, 28, 2, 0, 0}) == "03-29T02:00:00");
  CHECK(next("Mon..Fri 9:00", {2026, 3, 27, 12}, 2) == "03-30T09:00:00 03-31T09:00:00");
  CHECK(next("*:0/20", {2026, 12, 31, 23, 30}, 3) ==
        "12-31T23:40:00 01-01T00:00:00 01-01T00:20:00");
  CHECK(next("*-2-29", {2026, 1, 1}) == "02-29T00:00:00");
  CHECK(next("*-*~1", {2027, 12, 1}, 3) == "12-31T00:00:00 01-31T00:00:00 02-29T00:00:00");
  CHECK(next("*-2~1..3", {2027, 1, 1}, 4) ==
        "02-26T00:00:00 02-27T00:00:00 02-28T00:00:00 02-27T00:00:00");
  CHECK(next("2020-1-1", {2026, 1, 1}) == "never");
  CHECK(next("*-2-30", {2026, 1, 1}) == "never");
}

TEST_CASE("A fraction of a second is kept") {
  const auto at = next_after(parsed("*:*:0/0.4"), utc({2026, 1, 1}), ZoneRules());
  REQUIRE(at);
  CHECK(format_rfc3339(*at) == "2026-01-01T00:00:00.400000000Z");
}

TEST_CASE("A time that clocks skip does not elapse, one shown twice elapses once") {
  // 2026-03-29 02:00 to 03:00 is skipped in Berlin, 2026-10-25 02:00 to 03:00 is shown twice.
  CHECK(next("02:30 Europe/Berlin", {2026, 3, 28, 12}, 2) == "03-30T00:30:00 03-31T00:30:00");
  CHECK(next("02:30 Europe/Berlin", {2026, 10, 24, 12}, 2) == "10-25T00:30:00 10-26T01:30:00");
  CHECK(next("00..04:00 Europe/Berlin", {2026, 3, 28, 23, 30}, 3) ==
        "03-29T00:00:00 03-29T01:00:00 03-29T02:00:00");
}

TEST_CASE("A day that clocks skip is no other day") {
  // Samoa had no 30 December 2011.
  CHECK(next("*-*~02 21:00 Pacific/Apia", {2011, 12, 30, 13}) == "01-30T07:00:00");
  CHECK(next("*-*~02 21:00 Pacific/Apia", {2011, 12, 29, 13}) == "01-30T07:00:00");
  CHECK(next("*-*-30 21:00 Pacific/Apia", {2011, 12, 29, 13}) == "01-30T07:00:00");
}

TEST_CASE("Where winter time counts as daylight saving time, time moves on") {
  CHECK(next("hourly Europe/Dublin", {2026, 3, 28, 23}, 3) ==
        "03-29T00:00:00 03-29T01:00:00 03-29T02:00:00");
  CHECK(next("1,3:30 Europe/Dublin", {2026, 3, 28, 23}, 2) == "03-29T02:30:00 03-30T00:30:00");
}

TEST_CASE("A repetition goes over the end of a year where systemd 252 gives up") {
  CHECK(next("*-1/5-01 Europe/Berlin", {2026, 11, 28}) == "12-31T23:00:00");
}

}  // namespace
}  // namespace berth
