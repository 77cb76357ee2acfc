// berth-clock-simulation: schedules and update windows; see tests/README.md.
//
//   berth-clock-simulation --seeds N            lives by seed; the first failing one ends it
//   berth-clock-simulation --seed N             that one, with all that happens
//   berth-clock-simulation --defects --seeds N  each planted defect must be found
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "tests/simulation/clock_life.h"

namespace {

using namespace berth::simulation;

int run_defects(std::uint64_t seeds) {
  int missed = 0;
  for (const ClockDefect defect : all_clock_defects()) {
    std::optional<std::string> problem;
    std::uint64_t seed = 0;
    while (!problem && seed < seeds) problem = run_clock_seed(++seed, defect, false);
    std::cout << name_of(defect) << ": "
              << (problem ? "found by seed " + std::to_string(seed) + ": " + *problem
                          : std::string("NOT FOUND"))
              << "\n";
    if (!problem) ++missed;
  }
  return missed == 0 ? 0 : 1;
}

int run_seeds(std::uint64_t first, std::uint64_t seeds, bool trace) {
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    const auto problem = run_clock_seed(seed, ClockDefect::none, trace);
    if (!problem) continue;
    std::cout << "seed " << seed << ": " << *problem
              << "\nto see it: berth-clock-simulation --seed " << seed << "\n";
    return 1;
  }
  std::cout << seeds << " seeds, nothing found\n";
  return 0;
}

}  // namespace

int main(int count, char** words) {
  std::uint64_t seeds = 500;
  bool defects = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    if (word == "--defects") {
      defects = true;
    } else if (i + 1 < count && word == "--seeds") {
      seeds = std::strtoull(words[++i], nullptr, 10);
    } else if (i + 1 < count && word == "--seed") {
      return run_seeds(std::strtoull(words[++i], nullptr, 10), 1, true);
    } else {
      std::cerr << "usage: berth-clock-simulation [--seeds N] [--seed N] [--defects]\n";
      return 2;
    }
  }
  return defects ? run_defects(seeds) : run_seeds(1, seeds, false);
}
