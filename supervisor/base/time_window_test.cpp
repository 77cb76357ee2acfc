#include "supervisor/base/time_window.h"

#include <doctest/doctest.h>

#include "supervisor/base/zone_file.h"

namespace berth {
namespace {

bool known_zone(const std::string& name) { return load_zone(name).has_value(); }

TimeWindow parsed(const std::string& text) {
  const auto window = parse_time_window(text, known_zone);
  REQUIRE_MESSAGE(window, text);
  return *window;
}

std::string refused(const std::string& text) {
  const auto window = parse_time_window(text, known_zone);
  REQUIRE_MESSAGE(!window, text);
  return window.error().message();
}

WallTime utc(const CivilTime& time) { return WallTime{std::chrono::seconds(seconds_of(time))}; }

bool open(const std::string& text, const CivilTime& at) {
  const TimeWindow window = parsed(text);
  return is_open(window, utc(at), *load_zone(window.zone.empty() ? "UTC" : window.zone));
}

std::string opening(const std::string& text, const CivilTime& at) {
  const TimeWindow window = parsed(text);
  const auto zone = load_zone(window.zone.empty() ? "UTC" : window.zone);
  const auto found = next_opening(window, utc(at), *zone);
  return found ? format_rfc3339(*found).substr(5, 11) : "never";
}

TEST_CASE("A window has weekdays, a begin, an end and a zone") {
  CHECK(parsed("Sun 02:00-04:00").text() == "Sun 02:00-04:00");
  CHECK(parsed("2:00-4:00").text() == "02:00-04:00");
  CHECK(parsed("sat,Sunday  0:00-24:00 Europe/Berlin").text() ==
        "Sat,Sun 00:00-24:00 Europe/Berlin");
  CHECK(parsed("Mon-Fri 22:00-06:00 utc").text() == "Mon..Fri 22:00-06:00 UTC");
  CHECK(parsed(parsed("Mon..Fri 22:00-06:30").text()) == parsed("Mon..Fri 22:00-06:30"));
}

TEST_CASE("What is no window is refused with what is wrong about it") {
  CHECK(refused("Sun 02:00") ==
        "\"Sun 02:00\" is not a window (weekdays, a begin and an end, such as "
        "\"Sun 02:00-04:00\")");
  CHECK(refused("Sun 02:00-02:00").ends_with("it has no length (\"00:00-24:00\" is a whole day)"));
  CHECK(refused("Sun 02:00-25:00").ends_with("is no range of times (such as \"02:00-04:00\")"));
  CHECK(refused("*-*-1 02:00-04:00").ends_with("are no weekdays (such as \"Mon..Fri\")"));
  CHECK(refused("02:00-04:00 Europe/Berln").ends_with("there is no time zone \"Europe/Berln\""));
  for (const char* text : {"", " ", "Sun", "-", "02:00-", "-04:00", "24:00-02:00", "2:0-4:0",
                           "02:60-04:00", "02:00-04:00-06:00", "Fri..Mon 02:00-04:00",
                           "02:00-04:00 ../UTC", "Sun 5:00 02:00-04:00", "+2:00-4:00"}) {
    refused(text);
  }
}

TEST_CASE("A window is open from its begin until its end") {
  CHECK(!open("Sun 02:00-04:00", {2026, 11, 22, 1, 59, 59}));
  CHECK(open("Sun 02:00-04:00", {2026, 11, 22, 2}));
  CHECK(open("Sun 02:00-04:00", {2026, 11, 22, 3, 59, 59}));
  CHECK(!open("Sun 02:00-04:00", {2026, 11, 22, 4}));
  CHECK(!open("Sun 02:00-04:00", {2026, 11, 23, 3}));
  CHECK(open("Sun 02:00-04:00 Europe/Berlin", {2026, 11, 22, 1}));
}

TEST_CASE("A window over midnight belongs to the day on which it begins") {
  CHECK(open("Sun 22:00-02:00", {2026, 11, 22, 23}));
  CHECK(open("Sun 22:00-02:00", {2026, 11, 23, 1, 59}));
  CHECK(!open("Sun 22:00-02:00", {2026, 11, 22, 1}));
  CHECK(!open("Sun 22:00-02:00", {2026, 11, 23, 22}));
  CHECK(open("Sun 22:00-00:00", {2026, 11, 22, 23, 59}));
  CHECK(!open("Sun 22:00-00:00", {2026, 11, 23, 0, 0}));
}

TEST_CASE("The next opening is the next begin of the window") {
  CHECK(opening("Sun 02:00-04:00", {2026, 11, 23, 12}) == "11-29T02:00");
  CHECK(opening("Sun 02:00-04:00", {2026, 11, 22, 4}) == "11-29T02:00");
  CHECK(opening("02:00-04:00", {2026, 11, 22, 1}) == "11-22T02:00");
  CHECK(opening("Sun 02:00-04:00 Europe/Berlin", {2026, 11, 23, 12}) == "11-29T01:00");
}

TEST_CASE("A window that clocks skip in part opens when they go on, one skipped whole does not") {
  CHECK(opening("Sun 02:30-03:20 Europe/Berlin", {2026, 3, 28, 12}) == "03-29T01:00");
  CHECK(opening("Sun 02:59-05:00 Europe/Berlin", {2026, 3, 29, 0, 59, 59}) == "03-29T01:00");
  CHECK(opening("Sun 02:00-04:00 Europe/Berlin", {2026, 3, 28, 12}) == "03-29T01:00");
  CHECK(opening("Sun 02:10-02:50 Europe/Berlin", {2026, 3, 28, 12}) == "04-05T00:10");
}

}  // namespace
}  // namespace berth
