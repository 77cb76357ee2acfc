// Running a host's program (nft, for one) from a launcher.
#pragma once

#include <string_view>

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

// `argv` is NUL-separated; its first word is looked for in the system's own directories alone.
// The program reads `input` and writes to `output` (-1: nowhere); what it says on its error output
// goes to `detail`, cut. Waits for its end: 0, EREMOTEIO for a status other than 0, or the errno
// that kept it from running. It dies with the launcher.
int run_host_program(std::string_view argv, std::string_view input, int output, Detail& detail);

}  // namespace berth::runtime
