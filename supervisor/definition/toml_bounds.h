// A cheap look over TOML text before it is parsed: toml++ recurses for nested values, and dotted
// keys ("a.a.a...") make a tree as deep as they are long, which is destroyed recursively.
#pragma once

#include <string_view>

#include "supervisor/definition/report.h"

namespace berth::definition {

// False, with a report, when the text nests deeper than kDepthMost or holds more than kNodesMost
// values. What it counts in malformed text does not matter: toml++ refuses that itself, at the
// first mistake, and this look never undercounts what comes before it.
bool check_toml_bounds(std::string_view content, Report& report);

}  // namespace berth::definition
