#include "supervisor/base/time_window.h"

#include <algorithm>
#include <array>

#include "supervisor/base/calendar.h"
#include "supervisor/base/zone_file.h"

namespace berth {

namespace {

constexpr std::int64_t kDay = 86400;

std::string clock_text(std::int32_t minutes) {
  const std::string hour = std::to_string(minutes / 60);
  const std::string minute = std::to_string(minutes % 60);
  return (hour.size() < 2 ? "0" : "") + hour + ":" + (minute.size() < 2 ? "0" : "") + minute;
}

// "2:00", "02:00", "24:00"; in minutes.
std::optional<std::int32_t> parse_clock(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos || colon < 1 || colon > 2 || text.size() != colon + 3) {
    return std::nullopt;
  }
  std::array<std::int32_t, 2> parts{};
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i == colon) continue;
    if (text[i] < '0' || text[i] > '9') return std::nullopt;
    std::int32_t& part = parts[i < colon ? 0 : 1];
    part = part * 10 + (text[i] - '0');
  }
  if (parts[1] > 59 || parts[0] * 60 + parts[1] > 1440) return std::nullopt;
  return parts[0] * 60 + parts[1];
}

// Takes the last word off.
std::string_view take_last_word(std::string_view& text) {
  const std::size_t blank = text.rfind(' ');
  const std::string_view word = blank == std::string_view::npos ? text : text.substr(blank + 1);
  text = blank == std::string_view::npos ? std::string_view() : text.substr(0, blank);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return word;
}

// "Mon..Fri", "Sat,Sun": the weekdays of a calendar expression, and nothing else of it.
std::optional<std::uint8_t> parse_weekdays(std::string_view text) {
  if (text.empty()) return 0;
  const auto calendar =
      parse_calendar(std::string(text) + " 0:0", [](const std::string&) { return false; });
  if (!calendar) return std::nullopt;
  Calendar other = *parse_calendar("0:0", [](const std::string&) { return false; });
  other.weekdays = calendar->weekdays;
  if (other != *calendar) return std::nullopt;
  return calendar->weekdays;
}

bool begins_on(const TimeWindow& window, std::int64_t day) {
  return window.weekdays == 0 || (window.weekdays >> weekday_of(day * kDay) & 1) != 0;
}

std::int64_t day_of(std::int64_t local) { return local / kDay - (local % kDay < 0 ? 1 : 0); }

UnixSeconds seconds_at(WallTime at) {
  return std::chrono::floor<std::chrono::seconds>(at.time_since_epoch()).count();
}

// When clocks skip a local time, `found` shows a later one; then the instant at which they go on
// after the gap. Else `found`.
UnixSeconds first_at_or_after(const ZoneRules& zone, std::int64_t local, UnixSeconds found) {
  UnixSeconds before = found - std::max<std::int64_t>(zone.local(found) - local, 0);
  while (found - before > 1) {
    const UnixSeconds middle = before + (found - before) / 2;
    (zone.local(middle) >= local ? found : before) = middle;
  }
  return found;
}

}  // namespace

std::string TimeWindow::text() const {
  std::string text;
  if (weekdays != 0) {
    Calendar days;
    days.weekdays = weekdays;
    const std::string form = days.text();
    text = form.substr(0, form.find(' ') + 1);
  }
  text += clock_text(begins) + "-" + clock_text(ends);
  return zone.empty() ? text : text + " " + zone;
}

Result<TimeWindow> parse_time_window(std::string_view text,
                                     const std::function<bool(const std::string&)>& zone_exists) {
  const std::string wrong = "\"" + std::string(text) + "\" is not a window";
  const std::string form = " (weekdays, a begin and an end, such as \"Sun 02:00-04:00\")";
  TimeWindow window;
  std::string_view rest = text;
  std::string_view range = take_last_word(rest);
  if (range.find(':') == range.npos && !rest.empty()) {
    window.zone = range == "utc" ? "UTC" : std::string(range);
    if (!is_zone_name(range) || (window.zone != "UTC" && !zone_exists(window.zone))) {
      return fail(wrong + ": there is no time zone \"" + std::string(range) + "\"");
    }
    range = take_last_word(rest);
  }
  const std::size_t dash = range.find('-');
  if (dash == range.npos) return fail(wrong + form);
  const auto begins = parse_clock(range.substr(0, dash));
  const auto ends = parse_clock(range.substr(dash + 1));
  if (!begins || !ends || *begins == 1440) {
    return fail(wrong + ": \"" + std::string(range) + "\" is no range of times (such as \"" +
                "02:00-04:00\")");
  }
  if (*begins == *ends) {
    return fail(wrong + ": it has no length (\"00:00-24:00\" is a whole day)");
  }
  const auto weekdays = parse_weekdays(rest);
  if (!weekdays) {
    return fail(wrong + ": \"" + std::string(rest) + "\" are no weekdays (such as \"Mon..Fri\")");
  }
  window.weekdays = *weekdays;
  window.begins = *begins;
  window.ends = *ends;
  return window;
}

bool is_open(const TimeWindow& window, WallTime at, const ZoneRules& zone) {
  const std::int64_t local = zone.local(seconds_at(at));
  const std::int64_t day = day_of(local);
  const std::int64_t minute = (local - day * kDay) / 60;
  if (window.begins < window.ends) {
    return minute >= window.begins && minute < window.ends && begins_on(window, day);
  }
  return (minute >= window.begins && begins_on(window, day)) ||
         (minute < window.ends && begins_on(window, day - 1));
}

std::optional<WallTime> next_opening(const TimeWindow& window, WallTime at, const ZoneRules& zone) {
  const std::int64_t today = day_of(zone.local(seconds_at(at)));
  std::int64_t hint = zone.offset_at(seconds_at(at)).seconds;
  constexpr int kDays = 15;  // a week, and another one for a window that clocks skip
  for (std::int64_t day = today; day < today + kDays; ++day) {
    if (!begins_on(window, day)) continue;
    const auto begin = zone.instant_of(day * kDay + window.begins * 60, hint);
    if (!begin) continue;
    const UnixSeconds first = first_at_or_after(zone, day * kDay + window.begins * 60, *begin);
    const WallTime opening{std::chrono::seconds(first)};
    if (opening > at && is_open(window, opening, zone)) return opening;
  }
  return std::nullopt;
}

}  // namespace berth
