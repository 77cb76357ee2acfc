// From one value of the tree to one field of a spec, by the field's C++ type and what the key
// table says about it. Each function answers whether the value was right; what was wrong is in the
// report, and the field is then left as it was.
#pragma once

#include <concepts>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/definition/report.h"
#include "supervisor/definition/tree.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/keys.h"
#include "supervisor/model/words.h"

namespace berth::definition {

// What the readers of values know about the key: the parts of Key<Owner> without the owner.
struct Slot {
  std::string path;       // "mounts[0].source": for messages and positions
  std::string_view name;  // "mounts.source": without indexes
  Shape shape = Shape::any;
  std::optional<double> least;
  std::optional<double> most;
  std::string_view example;
  std::string_view choices;
};

using Positions = std::map<std::string, SourcePos>;

// What reading needs besides the value.
struct Reading {
  Report& report;
  Positions& where;

  void note(const std::string& path, Place place) const { where[path] = report.at(place); }
};

// "expected X, found Y (example)". Silent about what the reader has complained about already.
bool refuse_type(const Value& value, const Slot& slot, std::string_view expected, Reading reading);
bool refuse(const Value& value, const Slot& slot, Complaint complaint, Reading reading);

// A text for a field that holds one line of it: no control characters, the slot's shape.
bool check_line(const Value& value, const std::string& text, const Slot& slot, Reading reading);

bool read(const Value& value, const Slot& slot, Reading reading, bool& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::int64_t& field);
bool read(const Value& value, const Slot& slot, Reading reading, double& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::string& field);
bool read(const Value& value, const Slot& slot, Reading reading, Bytes& field);
bool read(const Value& value, const Slot& slot, Reading reading, Duration& field);
bool read(const Value& value, const Slot& slot, Reading reading, Signal& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<std::string>& field);
bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, std::string>& field);
bool read(const Value& value, const Slot& slot, Reading reading,
          std::map<std::string, UlimitSpec>& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<PortSpec>& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<DeviceSpec>& field);
// One, or a list of them.
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<Calendar>& field);
bool read(const Value& value, const Slot& slot, Reading reading, std::vector<TimeWindow>& field);
// "default" leaves it unset.
bool read(const Value& value, const Slot& slot, Reading reading,
          std::optional<std::vector<std::string>>& field);

template <class T>
bool read(const Value& value, const Slot& slot, Reading reading, std::optional<T>& field) {
  T right{};
  if (!read(value, slot, reading, right)) return false;
  field = right;
  return true;
}

// One of a few words; the compose spellings of conditions mean the same.
std::string_view word_meant(std::string_view text);
bool refuse_word(const Value& value, const Slot& slot, const std::vector<std::string_view>& words,
                 Reading reading);
// A word of the key that this version does not support: model/keys.h, FutureValue.
bool is_future_value(const Slot& slot, std::string_view text);

template <class Enum>
  requires std::is_enum_v<Enum>
bool read(const Value& value, const Slot& slot, Reading reading, Enum& field) {
  std::vector<std::string_view> words;
  const auto* text = value.get<std::string>();
  for (const auto& word : words_of(Enum{})) {
    if (text != nullptr && word.text == word_meant(*text) && !is_future_value(slot, *text)) {
      field = word.value;
      return true;
    }
    words.push_back(word.text);
  }
  return refuse_word(value, slot, words, reading);
}

}  // namespace berth::definition
