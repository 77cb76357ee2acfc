#include "supervisor/definition/decode_value.h"

#include <algorithm>
#include <array>

#include "supervisor/definition/shapes.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

// How a number of this kind of key is written: 1048576 of a size is "1M".
using Show = std::string (*)(double);
std::string show_number(double value) {
  const bool whole =
      value > -1e15 && value < 1e15 && value == static_cast<double>(std::int64_t(value));
  return whole ? format_value(static_cast<std::int64_t>(value)) : format_value(value);
}
std::string show_size(double value) {
  return format_bytes(Bytes{static_cast<std::uint64_t>(value)});
}
std::string show_seconds(double value) {
  return format_duration(Duration(static_cast<std::int64_t>(value * 1e9)));
}

// Written so that a NaN is out of every range.
bool in_range(double number, const Value& value, const Slot& slot, Show show, Reading reading) {
  const bool above = !slot.least || number >= *slot.least;
  const bool below = !slot.most || number <= *slot.most;
  if (above && below && number == number) return true;
  std::string range;
  if (slot.least && slot.most) range = show(*slot.least) + " to " + show(*slot.most);
  if (slot.least && !slot.most) range = "at least " + show(*slot.least);
  if (!slot.least && slot.most) range = "at most " + show(*slot.most);
  const auto* text = value.get<std::string>();
  return refuse(value, slot,
                {(text != nullptr ? quote(*text) : show(number)) + " is out of range", range},
                reading);
}

// Reads a text in which a unit belongs; a bare number is told what its unit could be.
bool read_with_unit(const Value& value, const Slot& slot, std::string_view what,
                    std::string_view units, Reading reading) {
  const bool number = value.get<std::int64_t>() != nullptr || value.get<double>() != nullptr;
  if (!number) return refuse_type(value, slot, what, reading);
  const auto* integer = value.get<std::int64_t>();
  const std::string text = integer ? format_value(*integer) : format_value(*value.get<double>());
  const size_t bar = units.find('|');
  const bool sensible = !text.starts_with("-") && text.find_first_of("einf") == text.npos;
  const std::string remedy = !sensible
                                 ? std::string(slot.example)
                                 : "\"" + text + std::string(units.substr(0, bar)) + "\" or \"" +
                                       text + std::string(units.substr(bar + 1)) + "\"";
  return refuse(value, slot, {text + " has no unit", remedy}, reading);
}

}  // namespace

bool check_line(const Value& value, const std::string& text, const Slot& slot, Reading reading) {
  if (has_control(text)) {
    return refuse(value, slot, {quote(text) + " has a control character in it", ""}, reading);
  }
  if (auto complaint = check_shape(slot.shape, text)) {
    return refuse(value, slot, std::move(*complaint), reading);
  }
  return true;
}

bool refuse(const Value& value, const Slot& slot, Complaint complaint, Reading reading) {
  Place place = value.place;
  if (const auto noted = reading.where.find(slot.path);
      place.line == 0 && noted != reading.where.end()) {
    place = Place{noted->second.line, noted->second.column};
  }
  reading.report.error(place, slot.path, std::move(complaint.problem), std::move(complaint.remedy));
  return false;
}

bool refuse_type(const Value& value, const Slot& slot, std::string_view expected, Reading reading) {
  if (value.get<Broken>() != nullptr) return false;
  return refuse(value, slot,
                {"expected " + std::string(expected) + ", found " + describe(value),
                 std::string(slot.example)},
                reading);
}

bool read(const Value& value, const Slot& slot, Reading reading, bool& field) {
  const auto* flag = value.get<bool>();
  if (flag != nullptr) {
    field = *flag;
    return true;
  }
  const auto* text = value.get<std::string>();
  constexpr std::array<std::string_view, 5> kYes{"yes", "on", "y", "true", "1"};
  constexpr std::array<std::string_view, 5> kNo{"no", "off", "n", "false", "0"};
  Slot better = slot;
  better.example = "true or false";
  if (text != nullptr && std::ranges::count(kYes, *text) > 0) better.example = "true";
  if (text != nullptr && std::ranges::count(kNo, *text) > 0) better.example = "false";
  return refuse_type(value, better, "true or false", reading);
}

bool read(const Value& value, const Slot& slot, Reading reading, std::int64_t& field) {
  const auto* integer = value.get<std::int64_t>();
  if (integer == nullptr) {
    Slot better = slot;
    const auto* text = value.get<std::string>();
    if (text != nullptr && parse_number(*text, 1'000'000'000)) better.example = *text;
    return refuse_type(value, better, "an integer", reading);
  }
  if (!in_range(static_cast<double>(*integer), value, slot, show_number, reading)) return false;
  field = *integer;
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, double& field) {
  double number = 0;
  if (const auto* integer = value.get<std::int64_t>()) {
    number = static_cast<double>(*integer);
  } else if (const auto* fraction = value.get<double>()) {
    number = *fraction;
  } else {
    return refuse_type(value, slot, "a number", reading);
  }
  if (!in_range(number, value, slot, show_number, reading)) return false;
  field = number;
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, std::string& field) {
  const auto* text = value.get<std::string>();
  const auto* integer = value.get<std::int64_t>();
  std::string from_integer;
  // A user is most often a number, and nothing else could be meant by one.
  if (slot.shape == Shape::user && integer != nullptr) {
    from_integer = format_value(*integer);
    text = &from_integer;
  }
  if (text == nullptr) return refuse_type(value, slot, "a string", reading);
  if (!slot.choices.empty()) {
    std::vector<std::string_view> words;
    for (std::string_view word : split(slot.choices, ',')) {
      word.remove_prefix(std::min(word.find_first_not_of(' '), word.size()));
      words.push_back(word);
    }
    if (std::ranges::find(words, *text) == words.end()) {
      return refuse_word(value, slot, words, reading);
    }
  }
  if (!check_line(value, *text, slot, reading)) return false;
  field = *text;
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, Bytes& field) {
  const auto* text = value.get<std::string>();
  if (text == nullptr) return read_with_unit(value, slot, "a size", "M|B", reading);
  const auto size = parse_bytes(*text);
  if (!size) return refuse(value, slot, split_complaint(size.error().what), reading);
  if (!in_range(static_cast<double>(size->count), value, slot, show_size, reading)) return false;
  field = *size;
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, Duration& field) {
  const auto* text = value.get<std::string>();
  if (text == nullptr) return read_with_unit(value, slot, "a duration", "s|ms", reading);
  const auto duration = parse_duration(*text);
  if (!duration) return refuse(value, slot, split_complaint(duration.error().what), reading);
  const double seconds = static_cast<double>(duration->count()) / 1e9;
  if (!in_range(seconds, value, slot, show_seconds, reading)) return false;
  field = *duration;
  return true;
}

bool read(const Value& value, const Slot& slot, Reading reading, Signal& field) {
  std::string text;
  if (const auto* name = value.get<std::string>()) {
    text = *name;
  } else if (const auto* number = value.get<std::int64_t>()) {
    text = format_value(*number);
  } else {
    return refuse_type(value, slot, "a signal", reading);
  }
  const auto signal = parse_signal(text);
  if (!signal) {
    return refuse(value, slot, {quote(text) + " is not a signal", "such as SIGTERM or SIGINT"},
                  reading);
  }
  field = *signal;
  return true;
}

std::string_view word_meant(std::string_view text) {
  if (text == "service_started") return "started";
  if (text == "service_healthy") return "healthy";
  if (text == "service_completed_successfully") return "completed";
  return text;
}

bool is_future_value(const Slot& slot, std::string_view text) {
  return std::ranges::any_of(future_values(), [&](const FutureValue& future) {
    return future.key == slot.name && future.value == text;
  });
}

bool refuse_word(const Value& value, const Slot& slot, const std::vector<std::string_view>& words,
                 Reading reading) {
  const auto* text = value.get<std::string>();
  if (text == nullptr) {
    Slot better = slot;
    const std::string known = alternatives(words);
    better.example = known;
    return refuse_type(value, better, "a string", reading);
  }
  for (const FutureValue& future : future_values()) {
    if (future.key != slot.name || future.value != *text) continue;
    return refuse(value, slot, {quote(*text) + " is not supported yet", std::string(future.remedy)},
                  reading);
  }
  return refuse(value, slot, {quote(*text) + " is not known here", alternatives(words)}, reading);
}

}  // namespace berth::definition
