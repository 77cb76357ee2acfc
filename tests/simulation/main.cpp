// berth-simulation: see tests/README.md.
//
//   berth-simulation --seeds 5000 [--first N]   lives by seed; the first failing one ends it
//   berth-simulation --seed N --trace [--defect NAME]
//   berth-simulation --graphs                   all small dependency graphs
//   berth-simulation --defects [--seeds N]      each planted defect must be found
#include <charconv>
#include <iostream>
#include <string>
#include <string_view>

#include "tests/simulation/graphs.h"
#include "tests/simulation/seeds.h"

namespace {

using namespace berth::simulation;

struct Options {
  std::uint64_t first = 1;
  std::uint64_t seeds = 1000;
  bool one = false;
  bool trace = false;
  bool graphs = false;
  bool defects = false;
  Defect defect = Defect::none;
};

int usage() {
  std::cerr << "usage: berth-simulation [--seeds N] [--first N] [--seed N] [--trace]\n"
               "                        [--graphs] [--defects] [--defect NAME]\n";
  return 2;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

bool parse_defect(std::string_view text, Defect& chosen) {
  for (const Defect defect : all_defects()) {
    if (name_of(defect) == text) {
      chosen = defect;
      return true;
    }
  }
  return false;
}

bool parse(int count, char** words, Options& options) {
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::string_view value = i + 1 < count ? words[i + 1] : "";
    if (word == "--trace")
      options.trace = true;
    else if (word == "--graphs")
      options.graphs = true;
    else if (word == "--defects")
      options.defects = true;
    else if (word == "--defect" && parse_defect(value, options.defect))
      ++i;
    else if (word == "--seeds" && parse_number(value, options.seeds))
      ++i;
    else if (word == "--first" && parse_number(value, options.first))
      ++i;
    else if (word == "--seed" && parse_number(value, options.first))
      options.one = true, ++i;
    else
      return false;
  }
  if (options.one) options.seeds = 1;
  return true;
}

std::string replay(std::uint64_t seed, Defect defect) {
  std::string command = "berth-simulation --seed " + std::to_string(seed) + " --trace";
  if (defect != Defect::none) command += " --defect " + std::string(name_of(defect));
  return command;
}

int run_seeds(const Options& options) {
  for (std::uint64_t seed = options.first; seed < options.first + options.seeds; ++seed) {
    const auto problem = run_seed(seed, options.defect, options.trace);
    if (!problem) continue;
    std::cout << "seed " << seed << ": " << *problem
              << "\nto see it: " << replay(seed, options.defect) << "\n";
    return 1;
  }
  std::cout << options.seeds << " seeds, nothing found\n";
  return 0;
}

int run_graphs() {
  const GraphsResult result = run_all_graphs();
  if (result.problem) {
    std::cout << *result.problem << "\n";
    return 1;
  }
  std::cout << result.graphs << " graphs, nothing found\n";
  return 0;
}

int run_defects(const Options& options) {
  int missed = 0;
  for (const Defect defect : all_defects()) {
    std::optional<std::string> problem;
    std::uint64_t seed = options.first;
    for (; seed < options.first + options.seeds && !problem; ++seed) {
      problem = run_seed(seed, defect, false);
    }
    std::cout << name_of(defect) << ": "
              << (problem ? "found by seed " + std::to_string(seed - 1) + ": " + *problem
                          : std::string("NOT FOUND"))
              << "\n";
    if (!problem) ++missed;
  }
  return missed == 0 ? 0 : 1;
}

}  // namespace

int main(int count, char** words) {
  Options options;
  if (!parse(count, words, options)) return usage();
  if (options.graphs) return run_graphs();
  return options.defects ? run_defects(options) : run_seeds(options);
}
