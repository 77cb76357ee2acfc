#include "supervisor/definition/decode_value.h"

#include <algorithm>
#include <array>
#include <set>

#include "supervisor/definition/command_words.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/definition/shorthands.h"
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

// A text for a field that holds one line of it.
bool check_line(const Value& value, const std::string& text, const Slot& slot, Reading reading) {
  if (has_control(text)) {
    return refuse(value, slot, {quote(text) + " has a control character in it", ""}, reading);
  }
  if (auto complaint = check_shape(slot.shape, text)) {
    return refuse(value, slot, std::move(*complaint), reading);
  }
  return true;
}

// A text for a program's eyes: every character but NUL, at which the kernel would cut it off.
bool check_program_text(const Value& value, const std::string& text, const Slot& slot,
                        Reading reading) {
  // MAX_ARG_STRLEN of execve(2): 32 pages for one argument or variable.
  if (text.size() >= 128u << 10) {
    return refuse(value, slot, {"the text is longer than 128 KiB", ""}, reading);
  }
  if (text.find('\0') == text.npos) return true;
  return refuse(value, slot, {"the text has a NUL character in it", ""}, reading);
}

Slot item_slot(const Slot& slot, size_t index) {
  Slot item = slot;
  item.path += "[" + std::to_string(index) + "]";
  return item;
}

Slot member_slot(const Slot& slot, const std::string& key) {
  Slot member = slot;
  member.path += "." + show_key(key);
  return member;
}

// What would be right where a string is wanted: the number that was found, in quotes.
bool refuse_as_string(const Value& value, Slot slot, std::string_view usual, Reading reading) {
  std::string example(usual);
  if (const auto* integer = value.get<std::int64_t>()) example = quote(format_value(*integer));
  if (const auto* number = value.get<double>()) example = quote(format_value(*number));
  if (const auto* flag = value.get<bool>()) example = quote(format_value(*flag));
  slot.example = example;
  return refuse_type(value, slot, "a string", reading);
}

bool read_command(const Value& value, const Slot& slot, Reading reading,
                  std::vector<std::string>& field) {
  std::vector<std::string> words;
  if (const auto* text = value.get<std::string>()) {
    auto split = split_command(*text);
    if (!split) return refuse(value, slot, split.error(), reading);
    words = std::move(*split);
    if (!check_program_text(value, *text, slot, reading)) return false;
  } else if (const auto* list = value.get<List>()) {
    bool well = true;
    for (size_t i = 0; i < list->size(); ++i) {
      const Slot item = item_slot(slot, i);
      const auto* word = (*list)[i].get<std::string>();
      if (word == nullptr) {
        well = refuse_as_string((*list)[i], item, "\"argument\"", reading);
      } else {
        well = check_program_text((*list)[i], *word, item, reading) && well;
        words.push_back(*word);
      }
    }
    if (!well) return false;
  } else {
    return refuse_type(value, slot, "a list of words, or one string", reading);
  }
  if (words.empty() || words[0].empty()) {
    return refuse(value, slot, {"there is no program in it", std::string(slot.example)}, reading);
  }
  field = std::move(words);
  return true;
}

}  // namespace

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

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<std::string>& field) {
  if (slot.shape == Shape::command) return read_command(value, slot, reading, field);
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  std::vector<std::string> items;
  std::set<std::string> known;
  bool well = true;
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& value_of_item = (*list)[i];
    const Slot item = item_slot(slot, i);
    reading.note(item.path, value_of_item.place);
    const auto* text = value_of_item.get<std::string>();
    if (text == nullptr) {
      well = refuse_as_string(value_of_item, item, slot.example, reading);
      continue;
    }
    if (!check_line(value_of_item, *text, item, reading)) {
      well = false;
      continue;
    }
    std::string right = slot.shape == Shape::capability ? normal_capability(*text) : *text;
    if (!known.insert(right).second) {
      well = refuse(value_of_item, item, {quote(*text) + " is listed twice", ""}, reading);
    }
    items.push_back(std::move(right));
  }
  if (well) field = std::move(items);
  return well;
}

bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, std::string>& field) {
  const auto* table = value.get<Table>();
  if (table == nullptr) return refuse_type(value, slot, "a table", reading);
  std::map<std::string, std::string> right;
  bool well = true;
  for (const Member& member : *table) {
    const Slot slot_of_member = member_slot(slot, member.key);
    reading.note(slot_of_member.path, place_of(member));
    if (auto complaint = check_shape(slot.shape, member.key)) {
      reading.report.error(member.place, slot_of_member.path, complaint->problem,
                           complaint->remedy);
      well = false;
    }
    const auto* text = member.value.get<std::string>();
    if (text == nullptr) {
      well = refuse_as_string(member.value, slot_of_member, "\"text\"", reading);
      continue;
    }
    well = check_program_text(member.value, *text, slot_of_member, reading) && well;
    right[member.key] = *text;
  }
  if (well) field = std::move(right);
  return well;
}

bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, UlimitSpec>& field) {
  const auto* table = value.get<Table>();
  if (table == nullptr) return refuse_type(value, slot, "a table", reading);
  std::map<std::string, UlimitSpec> right;
  bool well = true;
  for (const Member& member : *table) {
    Slot slot_of_member = member_slot(slot, member.key);
    slot_of_member.example = "65536, \"1024:65536\" or \"unlimited\"";
    reading.note(slot_of_member.path, place_of(member));
    const auto& names = ulimit_names();
    if (std::ranges::find(names, member.key) == names.end()) {
      const std::string_view near = nearest(member.key, names);
      reading.report.error(member.place, slot_of_member.path, "there is no such limit",
                           near.empty() ? "such as nofile, nproc, core or stack"
                                        : "did you mean " + std::string(near) + "?");
      well = false;
      continue;
    }
    std::string text;
    if (const auto* written = member.value.get<std::string>()) text = *written;
    if (const auto* number = member.value.get<std::int64_t>()) text = format_value(*number);
    if (text.empty()) {
      well = refuse_type(member.value, slot_of_member, "an integer or a string", reading);
      continue;
    }
    const auto limit = parse_ulimit(text);
    if (!limit) {
      well = refuse(member.value, slot_of_member, limit.error(), reading);
      continue;
    }
    right[member.key] = *limit;
  }
  if (well) field = std::move(right);
  return well;
}

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<PortSpec>& field) {
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  bool well = true;
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& item = (*list)[i];
    Slot slot_of_item = item_slot(slot, i);
    slot_of_item.example = "\"8080:80\"";
    reading.note(slot_of_item.path, item.place);
    // A port that is wrong keeps its place, so that the others keep their positions.
    PortSpec& port = field.emplace_back();
    const auto* text = item.get<std::string>();
    if (text == nullptr) {
      well = refuse_type(item, slot_of_item, "a string", reading);
      continue;
    }
    if (const auto parsed = parse_port(*text)) {
      port = *parsed;
    } else {
      well = refuse(item, slot_of_item, parsed.error(), reading);
    }
  }
  return well;
}

std::string_view word_meant(std::string_view text) {
  if (text == "service_started") return "started";
  if (text == "service_healthy") return "healthy";
  if (text == "service_completed_successfully") return "completed";
  return text;
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
