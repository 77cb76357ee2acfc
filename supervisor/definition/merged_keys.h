// What a definition says after its drop-ins were merged: each key with its value and where that
// was written. For people (`berth show`); specs come from load.h.
#pragma once

#include <string>
#include <vector>

#include "supervisor/definition/load.h"
#include "supervisor/definition/tree.h"

namespace berth::definition {

struct MergedKey {
  std::string key;  // "limits.memory"; members of tables each by itself, lists whole
  Value value;
  SourcePos pos;  // its file as a path on this host
};

struct MergedKeys {
  std::vector<MergedKey> keys;       // in the files' order; empty when they cannot be read
  std::vector<Diagnostic> problems;  // what is wrong with the files and their keys
};
MergedKeys merged_keys(const File& file);

// A value in TOML's inline form.
std::string to_toml(const Value& value);
// A text as a TOML string, with its quotes.
std::string to_toml(const std::string& text);

}  // namespace berth::definition
