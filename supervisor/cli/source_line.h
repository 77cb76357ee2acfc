// A diagnostic with the line that it is about, and a caret below the place. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/cli/terminal.h"
#include "supervisor/model/diagnostic.h"

namespace berth::cli {

// The diagnostic's line; with `content` of its file, which may be empty, two more:
//
//   web.toml:3:1: error: comand: unknown key (command)
//       3 | comand = "x"
//         | ^
std::string render_diagnostic(const Diagnostic& diagnostic, std::string_view content,
                              const Terminal& terminal);

}  // namespace berth::cli
