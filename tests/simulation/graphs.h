// All dependency graphs of up to four containers, with each condition.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace berth::simulation {

struct GraphsResult {
  std::uint64_t graphs = 0;
  std::optional<std::string> problem;
};

// For each graph: boot, crash of each container, restart of each by an operator, shutdown; without
// faults, each under the checker.
GraphsResult run_all_graphs();

}  // namespace berth::simulation
