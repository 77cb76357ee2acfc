// Where a value came from, and what is wrong with it.
#pragma once

#include <compare>
#include <string>
#include <vector>

namespace berth {

// A place in a definition file. Lines and columns count from 1; 0 means "the file as a whole".
struct SourcePos {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;
  auto operator<=>(const SourcePos&) const = default;
};

// "web.toml:14:3"; line and column only where they are known.
std::string format(const SourcePos& pos);

enum class Severity { error, warning };

struct Diagnostic {
  Severity severity = Severity::error;
  SourcePos pos;
  std::string key;        // "limits.memory"; empty when the file as a whole is meant
  std::string problem;    // "\"512\" is not a size: its unit is missing"
  std::string remedy;     // "\"512M\" or \"512B\""; empty when there is none
  std::string container;  // whose definition it concerns; empty for the host's or a whole set's
  auto operator<=>(const Diagnostic&) const = default;
};

// "web.toml:14:3: error: limits.memory: what is wrong (what would be right)"
std::string format(const Diagnostic& diagnostic);

}  // namespace berth
