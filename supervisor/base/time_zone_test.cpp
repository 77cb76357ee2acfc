#include "supervisor/base/time_zone.h"

#include <doctest/doctest.h>

#include "supervisor/base/files.h"
#include "supervisor/base/zone_file.h"

namespace berth {
namespace {

TEST_CASE("Dates and seconds are the same time") {
  CHECK(seconds_of({1970, 1, 1}) == 0);
  CHECK(seconds_of({2000, 2, 29, 12, 30, 15}) == 951827415);
  CHECK(seconds_of({1969, 12, 31, 23, 59, 59}) == -1);
  for (UnixSeconds at = -4'000'000'000; at < 8'000'000'000; at += 12'345'678) {
    CHECK(seconds_of(civil_of(at)) == at);
  }
  // Fields out of their range: 33 January, the day before 1 March, month 14.
  CHECK(seconds_of({2024, 1, 33}) == seconds_of({2024, 2, 2}));
  CHECK(seconds_of({2024, 3, 0}) == seconds_of({2024, 2, 29}));
  CHECK(seconds_of({2024, 14, 1}) == seconds_of({2025, 2, 1}));
  CHECK(weekday_of(seconds_of({2026, 11, 23})) == 0);
  CHECK(weekday_of(seconds_of({1969, 12, 28})) == 6);
}

TEST_CASE("A rule of a time zone says when summer time begins and ends") {
  const auto rule = parse_zone_rule("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(rule);
  const ZoneRules berlin({}, {}, *rule);
  CHECK(berlin.offset_at(seconds_of({2050, 3, 27, 0, 59, 59})) == ZoneOffset{3600, false});
  CHECK(berlin.offset_at(seconds_of({2050, 3, 27, 1, 0, 0})) == ZoneOffset{7200, true});
  CHECK(berlin.offset_at(seconds_of({2050, 10, 30, 0, 59, 59})) == ZoneOffset{7200, true});
  CHECK(berlin.offset_at(seconds_of({2050, 10, 30, 1, 0, 0})) == ZoneOffset{3600, false});
}

TEST_CASE("Rules of all forms are read") {
  const auto kathmandu = parse_zone_rule("<+0545>-5:45");
  REQUIRE(kathmandu);
  CHECK(kathmandu->standard == ZoneOffset{20700, false});
  CHECK(!kathmandu->summer_begins);
  const auto sydney = parse_zone_rule("AEST-10AEDT,M10.1.0,M4.1.0/3");
  REQUIRE(sydney);
  const ZoneRules south({}, {}, *sydney);
  CHECK(south.offset_at(seconds_of({2050, 1, 1})).seconds == 39600);
  CHECK(south.offset_at(seconds_of({2050, 7, 1})).seconds == 36000);
  const auto julian = parse_zone_rule("AAA3BBB,J60/0,59/-1");
  REQUIRE(julian);
  CHECK(julian->summer_begins->kind == YearlyChange::Kind::day_of_year_without_february_29);
  CHECK(julian->summer_ends->second == -3600);
  for (const char* text :
       {"", "CET", "-1", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-25", "<CET-1",
        "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
        "CET-1CEST,M3.5.0,M10.5.0x", "CET-1CEST,J366,J1", "CET-1CEST,M3.5.0/168,M10.5.0"}) {
    CHECK_MESSAGE(!parse_zone_rule(text), text);
  }
}

TEST_CASE("Local times that are skipped or shown twice have an instant") {
  const auto berlin = load_zone("Europe/Berlin");
  REQUIRE(berlin);
  const auto instant = [&](const CivilTime& local, std::int64_t hint) {
    const auto at = berlin->instant_of(seconds_of(local), hint);
    REQUIRE(at);
    return civil_of(*at);
  };
  CHECK(instant({2026, 7, 1, 12}, 0) == CivilTime{2026, 7, 1, 10});
  CHECK(instant({2026, 3, 29, 2, 30}, 3600) == CivilTime{2026, 3, 29, 1, 30});
  CHECK(instant({2026, 3, 29, 2, 30}, 7200) == CivilTime{2026, 3, 29, 1, 30});
  CHECK(instant({2026, 10, 25, 2, 30}, 7200) == CivilTime{2026, 10, 25, 0, 30});
  CHECK(instant({2026, 10, 25, 2, 30}, 3600) == CivilTime{2026, 10, 25, 1, 30});
}

TEST_CASE("Names of time zones cannot leave the database") {
  CHECK(load_zone("UTC") == ZoneRules());
  CHECK(load_zone("America/Argentina/Buenos_Aires"));
  CHECK(load_zone("Etc/GMT+5")->offset_at(0).seconds == -18000);
  CHECK(load_zone("Europe/Berln").error().message() == "there is no time zone \"Europe/Berln\"");
  CHECK(load_zone("europe/berlin").error().message() == "there is no time zone \"europe/berlin\"");
  for (const char* name : {"", "/etc/localtime", "../zoneinfo/UTC", "Europe/../UTC", "Europe/",
                           "Europe//Berlin", "Eu rope", "UTC\n"}) {
    CHECK_MESSAGE(!is_zone_name(name), name);
    CHECK_MESSAGE(!load_zone(name), name);
  }
  for (const char* name : {"Europe", "zone.tab", "tzdata"}) CHECK_MESSAGE(!load_zone(name), name);
}

TEST_CASE("Leap seconds of the zones below right/ are counted") {
  const auto right = load_zone("right/Europe/Berlin");
  if (!right) return;  // not every tzdata has them
  CHECK(right->offset_at(seconds_of({2026, 1, 1})).seconds == 3600 - 27);
  CHECK(right->offset_at(seconds_of({2060, 7, 1})).seconds == 7200 - 27);
}

TEST_CASE("Damaged files of time zones are refused") {
  const auto bytes = read_small_file("/usr/share/zoneinfo/Europe/Berlin");
  REQUIRE(bytes);
  REQUIRE(parse_zone_file(*bytes));
  for (std::size_t size = 0; size + 30 < bytes->size(); ++size) {
    CHECK_MESSAGE(!parse_zone_file(std::string_view(*bytes).substr(0, size)), size);
  }
  // Whatever a changed byte does, nothing is read behind the end, and times can be asked for.
  for (std::size_t at = 0; at < bytes->size(); ++at) {
    for (const char value : {'\0', '\x7f', '\xff'}) {
      std::string changed = *bytes;
      changed[at] = value;
      const auto rules = parse_zone_file(changed);
      if (rules) static_cast<void>(rules->local(1'700'000'000));
    }
  }
}

}  // namespace
}  // namespace berth
