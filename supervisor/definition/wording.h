// The words of diagnostics: quoting what a file says, and lists of alternatives.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/nearest.h"

namespace berth::definition {

// In double quotes, cut after 60 bytes, with everything escaped that could disturb a terminal or
// a log: diagnostics show text of files that anybody may have written.
std::string quote(std::string_view text);

// A key as part of a path: bare where it can be, else quoted.
std::string show_key(std::string_view key);

// "a", "a or b", "a, b or c".
std::string alternatives(const std::vector<std::string_view>& words);

// Remedies are worded in TOML; here as this file writes it: `type = "tmpfs"` is `type: "tmpfs"` in
// YAML. What is in quotes stays.
std::string in_language_of(std::string_view file, std::string remedy);

// Splits "problem (remedy)", as the parsers of base/units.h word their errors.
struct Complaint {
  std::string problem;
  std::string remedy;
};
Complaint split_complaint(const std::string& message);

}  // namespace berth::definition
