#include "supervisor/base/time_zone.h"

#include <algorithm>
#include <string>
#include <utility>

namespace berth {

namespace {

constexpr std::int64_t kDay = 86400;

std::int64_t floor_divide(std::int64_t value, std::int64_t by) {
  return value / by - (value % by < 0 ? 1 : 0);
}

bool is_leap(std::int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

// Days since 1970-01-01; the month may be out of its range. Counts years from March, so that the
// leap day is a year's last.
std::int64_t days_of(std::int64_t year, std::int64_t month, std::int64_t day) {
  year += floor_divide(month - 1, 12);
  month = month - 1 - 12 * floor_divide(month - 1, 12) + 1;
  if (month <= 2) --year;
  const std::int64_t era = floor_divide(year, 400);
  const std::int64_t year_of_era = year - era * 400;
  const std::int64_t day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5;
  const std::int64_t day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 719468 + day - 1;
}

// Reads a POSIX TZ string from its front.
class RuleReader {
 public:
  explicit RuleReader(std::string_view text) : text_(text), rest_(text) {}

  Result<ZoneRule> read() {
    ZoneRule rule;
    std::int32_t west = 0;
    if (!name() || !time(24, west)) return wrong();
    rule.standard = {-west, false};
    if (rest_.empty()) return rule;
    if (!name()) return wrong();
    rule.summer = {rule.standard.seconds + 3600, true};
    if (!rest_.empty() && rest_.front() != ',') {
      if (!time(24, west)) return wrong();
      rule.summer.seconds = -west;
    }
    YearlyChange begins;
    YearlyChange ends;
    if (!change(begins) || !change(ends) || !rest_.empty()) return wrong();
    rule.summer_begins = begins;
    rule.summer_ends = ends;
    return rule;
  }

 private:
  [[nodiscard]] std::unexpected<Error> wrong() const {
    return fail("\"" + std::string(text_) + "\" is not a rule of a time zone");
  }

  bool take(char wanted) {
    if (rest_.empty() || rest_.front() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // "CET", "<+0330>"
  bool name() {
    const bool quoted = take('<');
    size_t length = 0;
    while (length < rest_.size()) {
      const char at = rest_[length];
      const bool letter = (at >= 'A' && at <= 'Z') || (at >= 'a' && at <= 'z');
      const bool more = quoted && ((at >= '0' && at <= '9') || at == '+' || at == '-');
      if (!letter && !more) break;
      ++length;
    }
    rest_.remove_prefix(length);
    return length > 0 && (!quoted || take('>'));
  }

  bool number(int most, int& value) {
    size_t length = 0;
    value = 0;
    while (length < rest_.size() && length < 4 && rest_[length] >= '0' && rest_[length] <= '9') {
      value = value * 10 + (rest_[length] - '0');
      ++length;
    }
    rest_.remove_prefix(length);
    return length > 0 && value <= most;
  }

  // "-1", "3:30", "+10:00:00"
  bool time(int hour_most, std::int32_t& seconds) {
    const bool negative = take('-');
    if (!negative) take('+');
    int hour = 0;
    int minute = 0;
    int second = 0;
    if (!number(hour_most, hour)) return false;
    if (take(':') && (!number(59, minute) || (take(':') && !number(59, second)))) return false;
    seconds = hour * 3600 + minute * 60 + second;
    if (negative) seconds = -seconds;
    return true;
  }

  // ",M3.5.0/2", ",J60", ",59"
  bool change(YearlyChange& change) {
    if (!take(',')) return false;
    if (take('M')) {
      change.kind = YearlyChange::Kind::month_week_day;
      if (!number(12, change.month) || change.month < 1 || !take('.') || !number(5, change.week) ||
          change.week < 1 || !take('.') || !number(6, change.weekday)) {
        return false;
      }
    } else if (take('J')) {
      change.kind = YearlyChange::Kind::day_of_year_without_february_29;
      if (!number(365, change.day) || change.day < 1) return false;
    } else {
      change.kind = YearlyChange::Kind::day_of_year;
      if (!number(365, change.day)) return false;
    }
    return !take('/') || time(167, change.second);
  }

  std::string_view text_;
  std::string_view rest_;
};

// The day of a yearly change, in days since 1970.
std::int64_t day_of(const YearlyChange& change, std::int64_t year) {
  switch (change.kind) {
    case YearlyChange::Kind::day_of_year: return days_of(year, 1, 1) + change.day;
    case YearlyChange::Kind::day_of_year_without_february_29:
      return days_of(year, 1, 1) + change.day - 1 + (change.day >= 60 && is_leap(year) ? 1 : 0);
    case YearlyChange::Kind::month_week_day: break;
  }
  const std::int64_t first = days_of(year, change.month, 1);
  const std::int64_t sunday_based = (static_cast<int>(weekday_of(first * kDay)) + 1) % 7;
  std::int64_t day = first + (change.weekday - sunday_based + 7) % 7 + 7 * (change.week - 1);
  if (day >= days_of(year, change.month + 1, 1)) day -= 7;
  return day;
}

UnixSeconds instant_of(const YearlyChange& change, std::int64_t year, const ZoneOffset& before) {
  return day_of(change, year) * kDay + change.second - before.seconds;
}

ZoneOffset offset_by(const ZoneRule& rule, UnixSeconds at) {
  if (!rule.summer_begins || !rule.summer_ends) return rule.standard;
  const std::int64_t year = civil_of(at + rule.standard.seconds).year;
  const UnixSeconds begins = instant_of(*rule.summer_begins, year, rule.standard);
  const UnixSeconds ends = instant_of(*rule.summer_ends, year, rule.summer);
  const bool summer = begins < ends ? at >= begins && at < ends : !(at >= ends && at < begins);
  return summer ? rule.summer : rule.standard;
}

}  // namespace

UnixSeconds seconds_of(const CivilTime& time) {
  return days_of(time.year, time.month, time.day) * kDay + time.hour * 3600 + time.minute * 60 +
         time.second;
}

CivilTime civil_of(UnixSeconds seconds) {
  const std::int64_t days = floor_divide(seconds, kDay);
  const std::int64_t of_day = seconds - days * kDay;
  const std::int64_t shifted = days + 719468;  // since 0000-03-01
  const std::int64_t era = floor_divide(shifted, 146097);
  const std::int64_t day_of_era = shifted - era * 146097;
  const std::int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const std::int64_t day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const std::int64_t from_march = (5 * day_of_year + 2) / 153;
  CivilTime time;
  time.day = day_of_year - (153 * from_march + 2) / 5 + 1;
  time.month = from_march + (from_march < 10 ? 3 : -9);
  time.year = year_of_era + era * 400 + (time.month <= 2 ? 1 : 0);
  time.hour = of_day / 3600;
  time.minute = of_day / 60 % 60;
  time.second = of_day % 60;
  return time;
}

unsigned weekday_of(UnixSeconds local_seconds) {
  const std::int64_t days = floor_divide(local_seconds, kDay) + 3;  // 1970 began on a Thursday
  return static_cast<unsigned>(days - 7 * floor_divide(days, 7));
}

Result<ZoneRule> parse_zone_rule(std::string_view text) { return RuleReader(text).read(); }

ZoneRules::ZoneRules(ZoneOffset first, std::vector<Change> changes, std::optional<ZoneRule> rule)
    : first_(first), changes_(std::move(changes)), rule_(std::move(rule)) {}

ZoneOffset ZoneRules::offset_at(UnixSeconds at) const {
  const auto after = std::ranges::upper_bound(changes_, at, {}, &Change::at);
  if (after == changes_.end() && rule_) return offset_by(*rule_, at);
  return after == changes_.begin() ? first_ : std::prev(after)->offset;
}

std::optional<UnixSeconds> ZoneRules::instant_of(std::int64_t local, std::int64_t& hint) const {
  UnixSeconds guess = local - hint;
  UnixSeconds last = guess;
  UnixSeconds last_but_one = guess;
  // Each guess is corrected by how far its local time is off. In a gap two guesses take turns.
  constexpr int kProbes = 6;
  for (int probe = 0; probe < kProbes; ++probe) {
    const std::int64_t off_by = local - (guess + offset_at(guess).seconds);
    const bool in_turns = guess == last_but_one && guess != last;
    if (off_by == 0 || in_turns) {
      const UnixSeconds found = off_by == 0 ? guess : std::max(guess, last);
      hint = local - found;
      return found;
    }
    last_but_one = std::exchange(last, guess);
    guess += off_by;
  }
  return std::nullopt;
}

}  // namespace berth
