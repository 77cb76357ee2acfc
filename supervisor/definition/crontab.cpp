#include "supervisor/definition/crontab.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <span>
#include <utility>

#include "supervisor/base/calendar.h"

namespace berth::definition {

namespace {

constexpr std::array<std::string_view, 12> kMonths{"jan", "feb", "mar", "apr", "may", "jun",
                                                   "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::array<std::string_view, 7> kWeekdays{"sun", "mon", "tue", "wed",
                                                    "thu", "fri", "sat"};

struct Field {
  int least;
  int most;
  std::span<const std::string_view> names;  // of least, least + 1, ...
};

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  std::string part;
  for (const char at : text) {
    if (at != separator) {
      part += at;
      continue;
    }
    parts.push_back(std::exchange(part, ""));
  }
  parts.push_back(part);
  return parts;
}

std::string lower(std::string_view text) {
  std::string result;
  for (const char at : text) {
    result += at >= 'A' && at <= 'Z' ? static_cast<char>(at - 'A' + 'a') : at;
  }
  return result;
}

std::optional<int> number_of(const std::string& text, const Field& field) {
  const auto name = std::ranges::find(field.names, lower(text));
  if (name != field.names.end()) return field.least + static_cast<int>(name - field.names.begin());
  int number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (failure != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  if (number < field.least || number > field.most) return std::nullopt;
  return number;
}

// One item of a list: "*", "5", "1-5", "*/15", "10-50/10".
struct Item {
  int first;
  int last;
  int step;
  bool every;  // "*"
};

std::optional<Item> item_of(const std::string& text, const Field& field) {
  const std::vector<std::string> halves = split(text, '/');
  if (halves.size() > 2 || halves[0].empty()) return std::nullopt;
  Item item{field.least, field.most, 1, halves[0] == "*" || halves[0] == "?"};
  if (!item.every) {
    const std::vector<std::string> ends = split(halves[0], '-');
    if (ends.size() > 2) return std::nullopt;
    const auto first = number_of(ends[0], field);
    const auto last = number_of(ends.back(), field);
    if (!first || !last || *first > *last) return std::nullopt;
    item.first = *first;
    item.last = ends.size() == 1 && halves.size() == 2 ? field.most : *last;
  }
  if (halves.size() == 1) return item;
  const auto step = number_of(halves[1], {1, field.most, {}});
  if (!step) return std::nullopt;
  item.step = *step;
  item.every = item.every && *step == 1;
  return item;
}

std::optional<std::vector<Item>> items_of(const std::string& text, const Field& field) {
  std::vector<Item> items;
  for (const std::string& part : split(text, ',')) {
    const auto item = item_of(part, field);
    if (!item) return std::nullopt;
    items.push_back(*item);
  }
  return items;
}

// The list as a calendar expression has it.
std::string list_text(const std::vector<Item>& items) {
  std::string text;
  for (const Item& item : items) {
    if (item.every) return "*";
    if (!text.empty()) text += ',';
    text += std::to_string(item.first);
    // A step that leads out of the range is none.
    if (item.last < item.first + item.step) continue;
    text += ".." + std::to_string(item.last);
    if (item.step > 1) text += "/" + std::to_string(item.step);
  }
  return text;
}

// Sunday is 0, and 7.
std::string weekdays_text(const std::vector<Item>& items) {
  std::array<bool, 7> days{};
  for (const Item& item : items) {
    if (item.every) return "";
    for (int day = item.first; day <= item.last; day += item.step) {
      days[static_cast<std::size_t>(day % 7)] = true;
    }
  }
  std::string text;
  for (std::size_t day = 0; day < days.size(); ++day) {
    if (days[day]) text += (text.empty() ? "" : ",") + std::string(kWeekdays[day]);
  }
  return text + " ";
}

std::string normalized(const std::string& text) {
  const auto calendar = parse_calendar(text, [](const std::string&) { return false; });
  return calendar ? calendar->text() : text;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  for (std::string& word : split(text, ' ')) {
    if (!word.empty()) words.push_back(std::move(word));
  }
  return words;
}

// "@daily"
std::optional<std::vector<std::string>> named(const std::string& word) {
  if (word == "@reboot") return std::vector<std::string>();
  if (word == "@midnight") return std::vector<std::string>{"daily"};
  for (const char* name : {"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@hourly"}) {
    if (word == name) return std::vector<std::string>{word.substr(1)};
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::vector<std::string>> calendars_of_crontab(std::string_view text) {
  const std::vector<std::string> words = words_of(text);
  if (words.size() == 1) return named(lower(words[0]));
  if (words.size() != 5) return std::nullopt;
  const std::array<Field, 5> fields{
      {{0, 59, {}}, {0, 23, {}}, {1, 31, {}}, {1, 12, kMonths}, {0, 7, kWeekdays}}};
  std::array<std::vector<Item>, 5> items;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const auto found = items_of(words[i], fields[i]);
    if (!found) return std::nullopt;
    items[i] = *found;
  }
  const std::string time = " " + list_text(items[1]) + ":" + list_text(items[0]);
  const std::string month = "*-" + list_text(items[3]) + "-";
  const std::string day = list_text(items[2]);
  const std::string weekdays = weekdays_text(items[4]);
  if (day == "*" || weekdays.empty()) {
    return std::vector<std::string>{normalized(weekdays + month + day + time)};
  }
  return std::vector<std::string>{normalized(month + day + time),
                                  normalized(weekdays + month + "*" + time)};
}

}  // namespace berth::definition
