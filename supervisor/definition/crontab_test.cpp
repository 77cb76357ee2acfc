#include "supervisor/definition/crontab.h"

#include <doctest/doctest.h>

#include "supervisor/base/calendar.h"

namespace berth::definition {
namespace {

std::string meant_by(const std::string& line) {
  const auto calendars = calendars_of_crontab(line);
  if (!calendars) return "no crontab";
  std::string text;
  for (const std::string& calendar : *calendars) {
    CHECK_MESSAGE(parse_calendar(calendar, [](const std::string&) { return false; }), calendar);
    text += (text.empty() ? "" : "; ") + calendar;
  }
  return text.empty() ? "nothing" : text;
}

TEST_CASE("A line of a crontab has a calendar expression that means the same") {
  const std::pair<const char*, const char*> kLines[] = {
      {"0 3 * * *", "*-*-* 03:00:00"},
      {"*/15 * * * *", "*-*-* *:00..45/15:00"},
      {"0,30 9-17 * * 1-5", "Mon..Fri *-*-* 09..17:00,30:00"},
      {"5 4 * * sun", "Sun *-*-* 04:05:00"},
      {"5 4 * * 7", "Sun *-*-* 04:05:00"},
      {"0 0 1 JAN,jul *", "*-01,07-01 00:00:00"},
      {"0 0-23/6 * * *", "*-*-* 00..18/6:00:00"},
      {"10/20 * * * *", "*-*-* *:10..50/20:00"},
      {"  0   3 * *   * ", "*-*-* 03:00:00"},
      {"0 3 1 * mon", "*-*-01 03:00:00; Mon *-*-* 03:00:00"},
      {"0 3 * * */2", "Tue,Thu,Sat,Sun *-*-* 03:00:00"},
      {"* * * * *", "*-*-* *:*:00"},
      {"@daily", "daily"},
      {"@MIDNIGHT", "daily"},
      {"@reboot", "nothing"},
  };
  for (const auto& [line, meant] : kLines) CHECK(meant_by(line) == meant);
}

TEST_CASE("What is no line of a crontab is not taken for one") {
  for (const char* text : {"", "daily", "0 3 * *", "0 3 * * * *", "60 3 * * *", "0 24 * * *",
                           "0 3 0 * *", "0 3 * 13 *", "0 3 * * 8", "0 3 * * fun", "5-1 * * * *",
                           "*/0 * * * *", "1/2/3 * * * *", "a b c d e", "-1 * * * *", "1- * * * *",
                           "99999999999 * * * *", "@fortnightly", "@1700000000"}) {
    CHECK_MESSAGE(meant_by(text) == "no crontab", text);
  }
}

}  // namespace
}  // namespace berth::definition
