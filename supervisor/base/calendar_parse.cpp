// The grammar of calendar expressions.
#include <algorithm>
#include <charconv>
#include <limits>

#include "supervisor/base/calendar.h"
#include "supervisor/base/zone_file.h"

namespace berth {

namespace {

constexpr std::int64_t kMicro = 1'000'000;

struct PartRange {
  std::string_view name;
  std::int32_t least;
  std::int32_t most;
};
constexpr std::array<PartRange, Calendar::kParts> kRanges{{{"year", 1970, 2199},
                                                           {"month", 1, 12},
                                                           {"day", 1, 31},
                                                           {"hour", 0, 23},
                                                           {"minute", 0, 59},
                                                           {"second", 0, 60 * kMicro - 1}}};

char lower(char at) { return at >= 'A' && at <= 'Z' ? static_cast<char>(at - 'A' + 'a') : at; }

bool same_word(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right, {}, lower, lower);
}

bool is_digit(char at) { return at >= '0' && at <= '9'; }

// What each shorthand stands for.
struct Shorthand {
  std::string_view word;
  std::string_view meaning;
};
constexpr std::array<Shorthand, 13> kShorthands{{{"minutely", "*:*"},
                                                 {"hourly", "*:0"},
                                                 {"daily", "0:0"},
                                                 {"weekly", "Mon 0:0"},
                                                 {"monthly", "*-1 0:0"},
                                                 {"quarterly", "1,4,7,10-1 0:0"},
                                                 {"annually", "1-1 0:0"},
                                                 {"yearly", "1-1 0:0"},
                                                 {"anually", "1-1 0:0"},
                                                 {"semiannually", "1,7-1 0:0"},
                                                 {"semi-annually", "1,7-1 0:0"},
                                                 {"biannually", "1,7-1 0:0"},
                                                 {"bi-annually", "1,7-1 0:0"}}};

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Result<Calendar> parse() {
    TRY(read_weekdays());
    if (rest_.starts_with('@')) {
      TRY(read_timestamp());
    } else {
      TRY(read_date());
      TRY(read_time());
    }
    if (calendar_.weekdays == 127) calendar_.weekdays = 0;
    if (calendar_.parts[Calendar::day].empty()) calendar_.from_month_end = false;
    for (Calendar::Item& item : calendar_.parts[Calendar::year]) {
      item.first = full_year(item.first);
      item.last = full_year(item.last);
    }
    for (std::size_t part = 0; part < Calendar::kParts; ++part) {
      normalize(calendar_.parts[part]);
      TRY(check(part));
    }
    return calendar_;
  }

 private:
  [[nodiscard]] std::unexpected<Error> unexpected_here(std::string_view wanted) const {
    if (rest_.empty()) return fail(std::string(wanted) + " is missing at its end");
    return fail(std::string(wanted) + " is missing before \"" + std::string(rest_) + "\"");
  }

  bool take(std::string_view wanted) {
    if (!rest_.starts_with(wanted)) return false;
    rest_.remove_prefix(wanted.size());
    return true;
  }

  [[nodiscard]] bool at_blank_or_end() const { return rest_.empty() || rest_.front() == ' '; }

  void skip_blanks() { rest_.remove_prefix(std::min(rest_.find_first_not_of(' '), rest_.size())); }

  // -1: no weekday is next.
  int take_weekday() {
    constexpr std::array<std::string_view, 7> kNames{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                     "Friday", "Saturday", "Sunday"};
    for (std::size_t i = 0; i < kNames.size(); ++i) {
      for (const std::size_t length : {kNames[i].size(), std::size_t{3}}) {
        if (!same_word(rest_.substr(0, length), kNames[i].substr(0, length))) continue;
        rest_.remove_prefix(length);
        return static_cast<int>(i);
      }
    }
    return -1;
  }

  // "Mon", "Mon..Fri", "Mon,Wed..Fri"; also nothing at all.
  Result<void> read_weekdays() {
    int range_from = -1;
    for (bool first = true;; first = false) {
      const int day = take_weekday();
      if (day < 0 && first) return {};
      if (day < 0) return unexpected_here("a weekday (such as Mon)");
      if (!at_blank_or_end() && std::string_view("-.,").find(rest_.front()) == rest_.npos) {
        return unexpected_here("a blank after the weekday");
      }
      if (range_from > day) return fail("its range of weekdays runs backwards");
      for (int i = range_from < 0 ? day : range_from; i <= day; ++i) {
        calendar_.weekdays |= static_cast<std::uint8_t>(1 << i);
      }
      if (at_blank_or_end()) break;
      if (take(",")) {
        range_from = -1;
        if (at_blank_or_end()) break;
      } else {
        if (range_from >= 0 || !(take("..") || take("-"))) {
          return unexpected_here("a comma or a blank after the weekday");
        }
        range_from = day;
      }
    }
    skip_blanks();
    return {};
  }

  // A decimal number with, for seconds, a fraction that is rounded to microseconds.
  Result<std::int32_t> read_number(std::size_t part) {
    const bool of_seconds = part == Calendar::microsecond;
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(rest_.begin(), rest_.end(), value);
    if (rest_.empty() || !is_digit(rest_.front())) return unexpected_here("a number");
    constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
    if (failure != std::errc{} || value > kMost) return fail("one of its numbers is too large");
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    if (!of_seconds) return static_cast<std::int32_t>(value);
    value *= kMicro;
    if (rest_.starts_with('.') && !rest_.starts_with("..")) {
      rest_.remove_prefix(1);
      if (rest_.empty() || !is_digit(rest_.front())) return unexpected_here("a digit");
      for (std::int64_t unit = kMicro / 10; !rest_.empty() && is_digit(rest_.front()); unit /= 10) {
        const int digit = rest_.front() - '0';
        if (unit == 0) {
          value += digit >= 5 ? 1 : 0;
          rest_.remove_prefix(std::min(rest_.find_first_not_of("0123456789"), rest_.size()));
          break;
        }
        value += digit * unit;
        rest_.remove_prefix(1);
      }
    }
    if (value > kMost) return fail("one of its numbers is too large");
    return static_cast<std::int32_t>(value);
  }

  Result<Calendar::Item> read_item(std::size_t part) {
    const bool of_seconds = part == Calendar::microsecond;
    Calendar::Item item;
    item.first = TRY(read_number(part));
    if (take("..")) {
      item.last = TRY(read_number(part));
      item.step = of_seconds ? kMicro : 1;
    }
    if (take("/")) {
      item.step = TRY(read_number(part));
      if (item.step == 0) return fail("a repetition by 0 never moves on");
    } else if (of_seconds && item.last >= 0 && item.first + kMicro > item.last) {
      return fail("a range of seconds has to be a second long");
    }
    if (!rest_.empty() && std::string_view(" ,-~:").find(rest_.front()) == rest_.npos) {
      return fail("\"" + std::string(rest_) + "\" cannot come after a number");
    }
    return item;
  }

  // "*", "5", "1,3..5,0/15"
  Result<Calendar::List> read_list(std::size_t part) {
    if (take("*")) {
      if (part != Calendar::microsecond) return Calendar::List();
      return Calendar::List{{0, -1, kMicro}};
    }
    constexpr std::size_t kMostItems = 241;
    Calendar::List list;
    do {
      if (list.size() == kMostItems) return fail("one of its lists is too long");
      list.push_back(TRY(read_item(part)));
    } while (take(","));
    return list;
  }

  // "-" or, before the days, "~".
  Result<void> read_dash() {
    if (take("-")) return {};
    if (!take("~")) return unexpected_here("a \"-\"");
    calendar_.from_month_end = true;
    return {};
  }

  // "*-*-1", "*-*~1", "12-24"; also nothing, when a time is next.
  Result<void> read_date() {
    if (rest_.empty()) return {};
    const std::string_view begin = rest_;
    Calendar::List first = TRY(read_list(Calendar::year));
    if (rest_.empty() || rest_.front() == ':') {
      rest_ = begin;
      return {};
    }
    TRY(read_dash());
    Calendar::List second = TRY(read_list(Calendar::month));
    if (at_blank_or_end()) {
      calendar_.parts[Calendar::month] = std::move(first);
      calendar_.parts[Calendar::day] = std::move(second);
    } else {
      if (calendar_.from_month_end) return fail("a \"~\" belongs before its last number");
      TRY(read_dash());
      Calendar::List third = TRY(read_list(Calendar::day));
      if (!at_blank_or_end()) return unexpected_here("a blank after the date");
      calendar_.parts[Calendar::year] = std::move(first);
      calendar_.parts[Calendar::month] = std::move(second);
      calendar_.parts[Calendar::day] = std::move(third);
    }
    skip_blanks();
    return {};
  }

  // "5:00", "*:0/15", "5:00:00.5"; nothing is midnight.
  Result<void> read_time() {
    Calendar::List& seconds = calendar_.parts[Calendar::microsecond];
    seconds = {{0, -1, 0}};
    if (rest_.empty()) {
      calendar_.parts[Calendar::hour] = {{0, -1, 0}};
      calendar_.parts[Calendar::minute] = {{0, -1, 0}};
      return {};
    }
    calendar_.parts[Calendar::hour] = TRY(read_list(Calendar::hour));
    if (!take(":")) return unexpected_here("a time (such as 02:00)");
    calendar_.parts[Calendar::minute] = TRY(read_list(Calendar::minute));
    if (rest_.empty()) return {};
    if (!take(":")) return unexpected_here("the end");
    seconds = TRY(read_list(Calendar::microsecond));
    if (!rest_.empty()) return unexpected_here("the end");
    return {};
  }

  // "@1700000000": a single second, in UTC. Blanks and a "+" are strtoul's.
  Result<void> read_timestamp() {
    take("@");
    rest_.remove_prefix(std::min(rest_.find_first_not_of(" \t\n\v\f\r"), rest_.size()));
    take("+");
    std::int64_t value = 0;
    const auto [end, failure] = std::from_chars(rest_.begin(), rest_.end(), value);
    if (failure != std::errc{} || value < 0 || rest_.starts_with('-')) {
      return unexpected_here("a number of seconds since 1970");
    }
    rest_.remove_prefix(static_cast<std::size_t>(end - rest_.begin()));
    if (!rest_.empty()) return unexpected_here("the end");
    constexpr std::int64_t kYear2200 = 7258118400;
    if (value >= kYear2200) return fail("years are 1970 to 2199");
    const CivilTime time = civil_of(value);
    const std::array<std::int64_t, Calendar::kParts> fields{time.year, time.month,  time.day,
                                                            time.hour, time.minute, time.second};
    for (std::size_t part = 0; part < fields.size(); ++part) {
      const std::int64_t unit = part == Calendar::microsecond ? kMicro : 1;
      calendar_.parts[part] = {{static_cast<std::int32_t>(fields[part] * unit), -1, 0}};
    }
    calendar_.zone = "UTC";
    return {};
  }

  // 12 is 2012, 89 is 1989.
  static std::int32_t full_year(std::int32_t year) {
    if (year < 0 || year >= 100) return year;
    return year + (year < 70 ? 2000 : 1900);
  }

  // A range ends with the last number that its steps reach; a range of one is no range.
  static void normalize(Calendar::List& list) {
    for (Calendar::Item& item : list) {
      if (item.last > item.first && item.step > 0) {
        item.last -= (item.last - item.first) % item.step;
      }
      if (item.last == item.first) item = {item.first, -1, 0};
    }
    std::ranges::sort(list);
    const auto again = std::ranges::unique(list);
    list.erase(again.begin(), again.end());
  }

  [[nodiscard]] Result<void> check(std::size_t part) const {
    const PartRange& range = kRanges[part];
    const bool from_end = part == Calendar::day && calendar_.from_month_end;
    const std::int64_t unit = part == Calendar::microsecond ? kMicro : 1;
    // February's 28; and, as systemd has it, three less for each further one of a list.
    std::int32_t most = range.most;
    for (const Calendar::Item& item : calendar_.parts[part]) {
      if (from_end) most -= 3;
      for (const std::int32_t number : {item.first, item.last < 0 ? item.first : item.last}) {
        if (number >= range.least && number <= most) continue;
        return fail("there is no " + std::string(range.name) + " " + std::to_string(number / unit) +
                    (from_end ? " from a month's end" : "") + " (" +
                    std::to_string(range.least / unit) + " to " + std::to_string(most / unit) +
                    ")");
      }
      if (item.last >= 0 && item.last < item.first) {
        return fail("its range of " + std::string(range.name) + "s runs backwards");
      }
      const std::int64_t second = from_end && item.last < 0 ? std::int64_t{item.first} - item.step
                                                            : std::int64_t{item.first} + item.step;
      const std::int64_t end = item.last >= 0 ? item.last : most;
      if (item.step > most - range.least || second > end || second < range.least) {
        return fail("its repetition of " + std::string(range.name) + "s leads nowhere");
      }
    }
    return {};
  }

  std::string_view rest_;
  Calendar calendar_;
};

Result<Calendar> parse_without_zone(std::string_view text) {
  for (const Shorthand& shorthand : kShorthands) {
    if (same_word(text, shorthand.word)) return Parser(shorthand.meaning).parse();
  }
  if (text.empty()) return fail("it is empty");
  return Parser(text).parse();
}

// The word after the last blank, when it could be a time zone.
std::string zone_word(std::string_view text) {
  const std::size_t blank = text.rfind(' ');
  if (blank == std::string_view::npos || !is_zone_name(text.substr(blank + 1))) return "";
  return std::string(text.substr(blank + 1));
}

}  // namespace

Result<Calendar> parse_calendar(std::string_view text,
                                const std::function<bool(const std::string&)>& zone_exists) {
  std::string zone = zone_word(text);
  const std::string_view plain = text.substr(0, text.size() - zone.size() - 1);
  const bool is_utc = same_word(zone, "UTC");
  const bool has_zone = !zone.empty() && (is_utc || zone_exists(zone));
  auto calendar = parse_without_zone(has_zone ? plain : text);
  if (!calendar) {
    const std::string wrong = "\"" + std::string(text) + "\" is not a calendar expression: ";
    const bool looks_like_zone = !zone.empty() && lower(zone.front()) >= 'a';
    if (!has_zone && looks_like_zone && parse_without_zone(plain)) {
      return fail(wrong + "there is no time zone \"" + zone + "\"");
    }
    return std::unexpected(Error{wrong + calendar.error().what, 0});
  }
  // "@" is UTC whatever zone is written.
  if (has_zone && calendar->zone.empty()) calendar->zone = is_utc ? "UTC" : zone;
  return calendar;
}

}  // namespace berth
