// A command written as one string becomes words, as a shell would split it, but without a shell.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/definition/wording.h"

namespace berth::definition {

// Spaces separate words; '…' keeps everything, "…" everything but \" and \\ as it is, a backslash
// keeps the next character. Nothing is expanded. What only a shell can do (unquoted | & ; < > ( )
// $ ` * ? [ ~ #, and $ or ` in double quotes) is refused, since it would silently not happen.
std::expected<std::vector<std::string>, Complaint> split_command(std::string_view text);

}  // namespace berth::definition
