// Lists and tables of values: decode_value.h.
#include <algorithm>
#include <set>

#include "supervisor/definition/command_words.h"
#include "supervisor/definition/decode_value.h"
#include "supervisor/definition/shapes.h"
#include "supervisor/definition/shorthands.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

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
  if (slot.shape == Shape::hook && words.empty()) return true;
  if (words.empty() || words[0].empty()) {
    return refuse(value, slot, {"there is no program in it", std::string(slot.example)}, reading);
  }
  if (slot.shape == Shape::hook) {
    if (auto complaint = check_shape(Shape::absolute_path, words[0])) {
      return refuse(value, slot, std::move(*complaint), reading);
    }
  }
  field = std::move(words);
  return true;
}

// What a free table's values must look like, by what its keys are.
std::optional<Complaint> check_member(const Slot& slot, std::string_view text) {
  if (slot.shape == Shape::secret_name) return check_shape(Shape::absolute_path, text);
  if (slot.shape != Shape::environment_name && has_control(text)) {
    return Complaint{quote(text) + " has a control character in it", ""};
  }
  return std::nullopt;
}

// Numbers are what one writes into files of the kernel, so they may stand without quotes there.
bool takes_numbers(Shape shape) {
  return shape == Shape::sysctl_name || shape == Shape::cgroup_file;
}

bool read_path(const Value& value, const Slot& slot, Reading reading,
               std::vector<std::string>& field) {
  const auto& text = *value.get<std::string>();
  if (!check_line(value, text, slot, reading)) return false;
  field = {text};
  return true;
}

}  // namespace

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<std::string>& field) {
  if (slot.shape == Shape::command || slot.shape == Shape::hook) {
    return read_command(value, slot, reading, field);
  }
  if (slot.shape == Shape::path_list && value.get<std::string>() != nullptr) {
    return read_path(value, slot, reading, field);
  }
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
    const auto* number = member.value.get<std::int64_t>();
    const auto* written = member.value.get<std::string>();
    if (written == nullptr && (number == nullptr || !takes_numbers(slot.shape))) {
      well = refuse_as_string(member.value, slot_of_member, "\"text\"", reading);
      continue;
    }
    const std::string text = written != nullptr ? *written : format_value(*number);
    if (auto complaint = check_member(slot, text)) {
      well = refuse(member.value, slot_of_member, std::move(*complaint), reading);
    }
    well = check_program_text(member.value, text, slot_of_member, reading) && well;
    right[member.key] = text;
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

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<DeviceSpec>& field) {
  const auto* list = value.get<List>();
  if (list == nullptr) return refuse_type(value, slot, "a list", reading);
  bool well = true;
  for (size_t i = 0; i < list->size(); ++i) {
    const Value& item = (*list)[i];
    Slot slot_of_item = item_slot(slot, i);
    slot_of_item.example = "\"/dev/fuse\"";
    reading.note(slot_of_item.path, item.place);
    DeviceSpec& device = field.emplace_back();  // a wrong one keeps its place, too
    const auto* text = item.get<std::string>();
    if (text == nullptr) {
      well = refuse_type(item, slot_of_item, "a string", reading);
    } else if (auto parsed = parse_device(*text)) {
      device = std::move(*parsed);
    } else {
      well = refuse(item, slot_of_item, parsed.error(), reading);
    }
  }
  return well;
}

bool read(const Value& value, const Slot& slot, Reading reading,
          std::optional<std::vector<std::string>>& field) {
  const auto* text = value.get<std::string>();
  if (text != nullptr && *text == "default") {
    field.reset();
    return true;
  }
  std::vector<std::string> items;
  if (!read(value, slot, reading, items)) return false;
  field = std::move(items);
  return true;
}

}  // namespace berth::definition
