// Values as Kubernetes writes them: quantities, base64, and cron's times.
#include <algorithm>
#include <array>
#include <cmath>

#include "supervisor/import/kubernetes.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Suffix {
  std::string_view text;
  double factor;
};
constexpr std::array<Suffix, 16> kSuffixes{{{"Ki", 1024.0},
                                            {"Mi", 1048576.0},
                                            {"Gi", 1073741824.0},
                                            {"Ti", 1099511627776.0},
                                            {"Pi", 1125899906842624.0},
                                            {"Ei", 1152921504606846976.0},
                                            {"n", 1e-9},
                                            {"u", 1e-6},
                                            {"m", 1e-3},
                                            {"k", 1e3},
                                            {"M", 1e6},
                                            {"G", 1e9},
                                            {"T", 1e12},
                                            {"P", 1e15},
                                            {"E", 1e18},
                                            {"", 1}}};

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kDays{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

template <std::size_t kCount>
std::optional<std::int64_t> named(const std::string& text,
                                  const std::array<std::string_view, kCount>& names,
                                  std::int64_t first) {
  const auto found = std::ranges::find(names, lower(text));
  if (found != names.end()) return found - names.begin() + first;
  return integer_of(text);
}

std::string two_digits(const std::string& number) {
  return number.size() == 1 ? "0" + number : number;
}

// One field of a time: "*", "5", "1-5", "*/10", "1,15", with names of months.
std::optional<std::string> field_of(const std::string& text, bool months,
                                    const std::string& first) {
  std::string field;
  for (const std::string& part : split(text, ',')) {
    const std::size_t slash = part.find('/');
    const std::string range = part.substr(0, slash);
    const std::size_t dash = range.find('-');
    const auto number = [&](const std::string& word) {
      return months ? named(word, kMonths, 1) : integer_of(word);
    };
    std::string one;
    if (range == "*") {
      one = slash == part.npos ? "*" : first;
    } else {
      const auto from = number(range.substr(0, dash));
      const auto to = dash == range.npos ? from : number(range.substr(dash + 1));
      if (!from || !to) return std::nullopt;
      one = two_digits(std::to_string(*from));
      if (dash != range.npos) one += ".." + two_digits(std::to_string(*to));
    }
    if (slash != part.npos) {
      if (!integer_of(part.substr(slash + 1))) return std::nullopt;
      one += "/" + part.substr(slash + 1);
    }
    field += (field.empty() ? "" : ",") + one;
  }
  return field;
}

// "1-5" -> "Mon,Tue,Wed,Thu,Fri": systemd has no steps for days, and begins its week on Monday.
std::optional<std::string> days_of(const std::string& text) {
  std::array<bool, 7> chosen{};
  for (const std::string& part : split(text, ',')) {
    const std::size_t slash = part.find('/');
    const std::string range = part.substr(0, slash);
    const std::size_t dash = range.find('-');
    const auto from = range == "*" ? 0 : named(range.substr(0, dash), kDays, 0);
    const auto to = range == "*"         ? 6
                    : dash == range.npos ? from
                                         : named(range.substr(dash + 1), kDays, 0);
    const auto step = slash == part.npos ? 1 : integer_of(part.substr(slash + 1));
    if (!from || !to || !step || *from < 0 || *to > 7 || *from > *to || *step < 1) {
      return std::nullopt;
    }
    for (std::int64_t day = *from; day <= *to; day += *step) {
      chosen[static_cast<std::size_t>(day % 7)] = true;
    }
  }
  std::string days;
  for (const std::size_t day : {1u, 2u, 3u, 4u, 5u, 6u, 0u}) {
    if (!chosen[day]) continue;
    std::string name(kDays[day]);
    name[0] = static_cast<char>(name[0] - 'a' + 'A');
    days += (days.empty() ? "" : ",") + name;
  }
  return days == "Mon,Tue,Wed,Thu,Fri" ? "Mon..Fri" : days;
}

}  // namespace

std::optional<double> quantity_of(std::string_view text) {
  for (const Suffix& suffix : kSuffixes) {
    if (!text.ends_with(suffix.text)) continue;
    const auto number = number_of(text.substr(0, text.size() - suffix.text.size()));
    if (!number || *number < 0 || *number * suffix.factor > 9e18) continue;
    return *number * suffix.factor;
  }
  return std::nullopt;
}

std::optional<std::string> decode_base64(std::string_view text) {
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string decoded;
  unsigned bits = 0;
  unsigned value = 0;
  for (const char c : text) {
    if (c == '=' || c == '\n' || c == ' ' || c == '\r') continue;
    const std::size_t letter = kLetters.find(c);
    if (letter == kLetters.npos) return std::nullopt;
    value = value << 6 | static_cast<unsigned>(letter);
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    decoded += static_cast<char>(value >> bits & 0xff);
  }
  return decoded;
}

std::optional<std::string> calendar_of_cron(std::string_view cron) {
  constexpr std::array<std::pair<std::string_view, std::string_view>, 7> kWords{
      {{"@hourly", "hourly"},
       {"@daily", "daily"},
       {"@midnight", "daily"},
       {"@weekly", "Sun *-*-* 00:00:00"},
       {"@monthly", "monthly"},
       {"@yearly", "yearly"},
       {"@annually", "yearly"}}};
  for (const auto& [word, calendar] : kWords) {
    if (trim(cron) == word) return std::string(calendar);
  }
  const std::vector<std::string> fields = split_spaces(cron);
  if (fields.size() != 5) return std::nullopt;
  // With both given, cron means either of them, and systemd both.
  if (fields[2] != "*" && fields[4] != "*") return std::nullopt;
  const auto minute = field_of(fields[0], false, "00");
  const auto hour = field_of(fields[1], false, "00");
  const auto day = field_of(fields[2], false, "01");
  const auto month = field_of(fields[3], true, "01");
  const auto days = fields[4] == "*" ? std::string() : days_of(fields[4]);
  if (!minute || !hour || !day || !month || !days) return std::nullopt;
  return (days->empty() ? "" : *days + " ") + "*-" + *month + "-" + *day + " " + *hour + ":" +
         *minute + ":00";
}

}  // namespace berth::importing
