// One random life of a supervisor: faults, edits and operators' commands, then rest, then shutdown.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "tests/simulation/defects.h"

namespace berth::simulation {

// The problem that was found, if any.
std::optional<std::string> run_seed(std::uint64_t seed, Defect defect, bool trace);

}  // namespace berth::simulation
