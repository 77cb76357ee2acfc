// What the commands about generations share.
#pragma once

#include <cstdint>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/generation/archive.h"

namespace berth::cli {

// The generations that are kept; what is passed over is complained of.
Result<generation::Archive::Contents> read_generations(const Paths& paths);
// "7": a number of 1 or more.
Result<std::uint64_t> parse_generation(const std::string& text);

}  // namespace berth::cli
