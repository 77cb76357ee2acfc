// What differs between two generations, down to the keys and the lines of the files.
#pragma once

#include <string>
#include <vector>

#include "supervisor/generation/archive.h"
#include "supervisor/model/keys.h"

namespace berth::generation {

enum class Change { added, changed, removed };
std::string_view name_of(Change change);

struct DefinitionChange {
  std::string name;
  Change change = Change::changed;
  // Of a definition that is in both. None: only comments, order or spelling differ.
  std::vector<KeyChange> keys;
  std::string trouble;  // why its keys cannot be told: a text is lost, or refused by this version
};

struct Comparison {
  std::vector<DefinitionChange> containers;  // by name
  std::vector<DefinitionChange> networks;    // by name
  bool host = false;                         // berthd.toml differs
};
Comparison compare(const Archive& archive, const Listing& before, const Listing& after);

// The files that differ, as unified diffs.
Result<std::string> text_diffs(const Archive& archive, const Listing& before, const Listing& after);

}  // namespace berth::generation
