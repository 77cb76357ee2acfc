#include "supervisor/base/calendar.h"

#include <algorithm>
#include <utility>

namespace berth {

namespace {

constexpr std::int64_t kMicro = 1'000'000;
constexpr std::int64_t kLastYear = 2199;
constexpr std::uint8_t kEveryDay = 127;

std::string padded(std::int64_t number, std::size_t width) {
  std::string digits = std::to_string(number);
  if (digits.size() < width) digits.insert(0, width - digits.size(), '0');
  return digits;
}

std::string weekdays_text(std::uint8_t weekdays) {
  constexpr std::array<std::string_view, 7> kNames{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
  std::string text;
  for (std::size_t first = 0; first < kNames.size(); ++first) {
    if ((weekdays >> first & 1) == 0) continue;
    std::size_t last = first;
    while (last + 1 < kNames.size() && (weekdays >> (last + 1) & 1) != 0) ++last;
    if (!text.empty()) text += ',';
    text += kNames[first];
    if (last > first) text += (last > first + 1 ? ".." : ",") + std::string(kNames[last]);
    first = last;
  }
  return text;
}

// A number of a part; seconds with their fraction.
std::string number_text(std::int64_t number, std::size_t width, std::int64_t unit) {
  std::string text = padded(number / unit, width);
  if (number % unit != 0) text += "." + padded(number % unit, 6);
  return text;
}

std::string list_text(const Calendar::List& list, std::size_t width, std::int64_t unit) {
  if (list.empty()) return "*";
  std::string text;
  for (const Calendar::Item& item : list) {
    if (!text.empty()) text += ',';
    text += number_text(item.first, width, unit);
    if (item.last > 0) text += ".." + number_text(item.last, width, unit);
    if (item.step > 0 && !(item.last > 0 && item.step == unit)) {
      text += "/" + number_text(item.step, 1, unit);
    }
  }
  return text;
}

bool has_every_second(const Calendar::List& list) {
  return std::ranges::find(list, Calendar::Item{0, -1, kMicro}) != list.end();
}

// Looks for the next time part by part, from the year down. A part that has to move on takes the
// smaller ones back to their begin; one that has nothing left moves the part above it on.
class Search {
 public:
  using Fields = std::array<std::int64_t, Calendar::kParts>;  // the last one in seconds

  Search(const Calendar& calendar, const ZoneRules& zone, std::int64_t start_micro)
      : calendar_(calendar), zone_(zone), micro_(start_micro % kMicro) {
    const UnixSeconds start = start_micro / kMicro;
    hint_ = zone.offset_at(start).seconds;
    fields_ = to_fields(civil_of(start + hint_));
  }

  // In microseconds since 1970.
  std::optional<std::int64_t> run() {
    // systemd's bound. Nothing that can elapse needs as many.
    constexpr int kTurns = 1000;
    for (int turn = 0; turn < kTurns; ++turn) {
      if (const auto real = normalized(fields_)) fields_ = *real;
      const Outcome outcome = turn_over();
      if (outcome == Outcome::never) return std::nullopt;
      if (outcome == Outcome::again) continue;
      const auto at = zone_.instant_of(seconds_of(to_civil(fields_)), hint_);
      if (!at || *at < 0) return std::nullopt;
      return *at * kMicro + micro_;
    }
    return std::nullopt;
  }

 private:
  enum class Outcome { found, again, never };
  enum class Fit { yes, moved, no };

  static Fields to_fields(const CivilTime& time) {
    return {time.year, time.month, time.day, time.hour, time.minute, time.second};
  }
  static CivilTime to_civil(const Fields& fields) {
    return {fields[0], fields[1], fields[2], fields[3], fields[4], fields[5]};
  }

  // The time that clocks show there: another one when a field is out of its range, or when clocks
  // skip it. None before 1970.
  std::optional<Fields> normalized(const Fields& fields) {
    const auto at = zone_.instant_of(seconds_of(to_civil(fields)), hint_);
    if (!at || *at < 0) return std::nullopt;
    return to_fields(civil_of(zone_.local(*at)));
  }

  void reset_from(std::size_t part) {
    for (; part < fields_.size(); ++part) fields_[part] = part == 1 || part == 2 ? 1 : 0;
  }

  void move_on(std::size_t part) {
    ++fields_[part];
    reset_from(part + 1);
    micro_ = 0;
  }

  Outcome turn_over() {
    for (std::size_t part = 0; part < fields_.size(); ++part) {
      const auto wanted = next_in(part);
      if (wanted) take(part, *wanted);
      const Fit fit = wanted ? fits() : Fit::no;
      if (part == Calendar::year && fit != Fit::yes) return Outcome::never;
      if (fit == Fit::no) move_on(part - 1);
      if (fit != Fit::yes) return Outcome::again;
      if (part == Calendar::day && !is_wanted_weekday()) {
        move_on(Calendar::day);
        return Outcome::again;
      }
    }
    return Outcome::found;
  }

  // The value of a part from its present one on; none in this round of it.
  std::optional<std::int64_t> next_in(std::size_t part) {
    const bool of_seconds = part == Calendar::microsecond;
    const std::int64_t value = of_seconds ? fields_[part] * kMicro + micro_ : fields_[part];
    if (calendar_.parts[part].empty()) return value;
    const bool from_end = part == Calendar::day && calendar_.from_month_end;
    std::optional<std::int64_t> best;
    for (const Calendar::Item& item : calendar_.parts[part]) {
      std::int64_t first = from_end ? day_from_end(item.first) : item.first;
      std::int64_t last = from_end ? day_from_end(item.last) : item.last;
      if (from_end && last > 0) std::swap(first, last);
      std::int64_t candidate = first;
      if (first < value) {
        if (item.step == 0) continue;
        candidate += item.step * ((value - first + item.step - 1) / item.step);
        if (last >= 0 && candidate > last) continue;
      }
      if (!best || candidate < *best) best = candidate;
    }
    return best;
  }

  // Whether or not clocks skip that day. -1: `count` is none.
  [[nodiscard]] std::int64_t day_from_end(std::int64_t count) const {
    if (count < 0) return -1;
    Fields fields = fields_;
    ++fields[Calendar::month];
    fields[Calendar::day] = 1 - count;
    return civil_of(seconds_of(to_civil(fields))).day;
  }

  void take(std::size_t part, std::int64_t value) {
    if (part == Calendar::microsecond) {
      fields_[part] = value / kMicro;
      micro_ = value % kMicro;
    } else if (std::exchange(fields_[part], value) != value) {
      reset_from(part + 1);
      micro_ = 0;
    }
  }

  // Whether clocks show the time. If it is one that they show under another name, that one is
  // taken, from its begin: 33 March is not yet 2 April, but 1 April.
  Fit fits() {
    if (fields_[Calendar::year] > kLastYear) return Fit::no;
    auto real = normalized(fields_);
    if (!real) return Fit::no;
    const auto [mine, other] = std::ranges::mismatch(fields_, *real);
    if (mine == fields_.end()) return Fit::yes;
    if (*other < *mine) return Fit::no;
    const auto part = static_cast<std::size_t>(mine - fields_.begin());
    fields_ = *real;
    if (part + 1 < fields_.size()) fields_[part + 1] = part < 2 ? 1 : 0;
    return Fit::moved;
  }

  bool is_wanted_weekday() {
    if (calendar_.weekdays == 0) return true;
    const auto real = normalized(fields_);
    if (!real) return false;
    return (calendar_.weekdays >> weekday_of(seconds_of(to_civil(*real))) & 1) != 0;
  }

  const Calendar& calendar_;
  const ZoneRules& zone_;
  Fields fields_{};
  std::int64_t micro_;
  std::int64_t hint_;
};

}  // namespace

std::string Calendar::text() const {
  std::string text;
  if (weekdays != 0 && weekdays != kEveryDay) text = weekdays_text(weekdays) + " ";
  text += list_text(parts[year], 4, 1) + "-" + list_text(parts[month], 2, 1);
  text += (from_month_end ? "~" : "-") + list_text(parts[day], 2, 1);
  text += " " + list_text(parts[hour], 2, 1) + ":" + list_text(parts[minute], 2, 1) + ":";
  const List& seconds = parts[microsecond];
  text += has_every_second(seconds) ? "*" : list_text(seconds, 2, kMicro);
  if (!zone.empty()) text += " " + zone;
  return text;
}

std::optional<WallTime> next_after(const Calendar& calendar, WallTime after,
                                   const ZoneRules& zone) {
  using std::chrono::microseconds;
  const auto micro = std::chrono::floor<microseconds>(after.time_since_epoch()).count() + 1;
  const auto at = Search(calendar, zone, std::max<std::int64_t>(micro, 0)).run();
  if (!at) return std::nullopt;
  return WallTime(microseconds(*at));
}

}  // namespace berth
