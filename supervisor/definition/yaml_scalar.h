// What an unquoted YAML scalar means: the core schema of YAML 1.2, without its surprises.
#pragma once

#include <optional>
#include <string>

#include "supervisor/definition/tree.h"

namespace berth::definition {

// null, true, false, integers (also 0x and 0o), numbers; everything else is a string, and so are
// yes, no, on, off, and what YAML 1.1 takes for dates or base 60 ("22:22"). Empty for a number with
// leading zeros: 017 is 15 in YAML 1.1 and 17 in 1.2, so it is refused, whoever reads it next.
std::optional<decltype(Value::data)> resolve_plain_scalar(const std::string& text);

}  // namespace berth::definition
