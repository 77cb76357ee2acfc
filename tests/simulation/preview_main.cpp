// berth-preview: what `berth plan` says is what the daemon then does. See tests/README.md.
//
//   berth-preview --seeds 1000 [--first N]   random sets, and random edits of them
//   berth-preview --seed N --trace
//   berth-preview --defects [--seeds N]      a plan that leaves something out must be found
//
// For each seed: a set is taken up by the simulated daemon, comes to rest, and is written as a
// state document. From the document, read back, the plan for an edited set is made; then the
// simulated daemon takes the edited set up, and what it does is compared.
#include <algorithm>
#include <charconv>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "supervisor/cli/saved_state.h"
#include "supervisor/model/keys.h"
#include "supervisor/plan/preview.h"
#include "tests/simulation/definitions.h"
#include "tests/simulation/driver.h"

namespace berth::simulation {

namespace {

using namespace std::chrono_literals;

// The steps that a plan promises. Not: packet rules, of which one transaction may serve several
// steps; probes and checks, which change nothing; kills, which depend on how long a stop takes.
bool promised(const Action& action) {
  static const std::set<std::string_view> kOthers{"apply-view", "probe",       "check",
                                                  "kill",       "watch-files", "watch-units"};
  return !kOthers.contains(berth::name_of(action.deed));
}

using Steps = std::vector<std::pair<std::string, std::string>>;  // subject, deed

Steps steps_of(const std::vector<Action>& actions) {
  Steps steps;
  for (const Action& action : actions) {
    if (promised(action)) steps.emplace_back(action.subject, berth::name_of(action.deed));
  }
  return steps;
}

// The steps of these subjects alone.
Steps of(const Steps& steps, const std::set<std::string>& subjects, bool ends_alone) {
  Steps some;
  std::ranges::copy_if(steps, std::back_inserter(some), [&](const auto& step) {
    const bool end = step.second == "stop" || step.second == "launch";
    return subjects.contains(step.first) && (end || !ends_alone);
  });
  return some;
}

std::string shown(const Steps& steps) {
  std::string text;
  for (const auto& [subject, deed] : steps) text += " " + deed + "(" + subject + ")";
  return text.empty() ? " nothing" : text;
}

// Where actions take as long as they like, a container may be started before what it follows has
// been, and again after it. So of those, only what is done at all, and to which, is compared.
Steps kinds_of(const Steps& steps, const std::set<std::string>& ran) {
  Steps kinds;
  std::ranges::copy_if(steps, std::back_inserter(kinds), [&](const auto& step) {
    const bool repeats = step.second == "stop" || step.second == "clean-up";
    return !repeats || ran.contains(step.first);
  });
  std::ranges::sort(kinds);
  const auto twice = std::ranges::unique(kinds);
  kinds.erase(twice.begin(), twice.end());
  return kinds;
}

std::optional<std::string> difference_of_kinds(const Steps& plan, const Steps& done,
                                               const std::set<std::string>& ran) {
  const Steps expected = kinds_of(plan, ran);
  const Steps seen = kinds_of(done, ran);
  if (expected == seen) return std::nullopt;
  return "in whatever time: the plan says" + shown(expected) + ", the daemon does" + shown(seen);
}

std::optional<std::string> difference(const Steps& plan, const Steps& done,
                                      const DesiredState& desired) {
  std::set<std::string> subjects;
  for (const Steps* steps : {&plan, &done}) {
    for (const auto& [subject, deed] : *steps) subjects.insert(subject);
  }
  const auto compare = [&](const std::set<std::string>& some,
                           bool ends_alone) -> std::optional<std::string> {
    const Steps expected = of(plan, some, ends_alone);
    const Steps seen = of(done, some, ends_alone);
    if (expected == seen) return std::nullopt;
    return "the plan says" + shown(expected) + ", the daemon does" + shown(seen);
  };
  for (const std::string& subject : subjects) {
    if (auto problem = compare({subject}, false)) return problem;
  }
  // Stops and starts of two that depend on each other come in the order of the plan.
  for (const auto& [name, spec] : desired.containers) {
    for (const auto& [other, how] : spec->depends_on) {
      if (auto problem = compare({name, other}, true)) return problem;
    }
  }
  return std::nullopt;
}

// Faults of the plan that the comparison has to find.
enum class PlanDefect { none, forget_dependants, restart_for_update, reverse, another_definition };
constexpr int kPlanDefects = 4;

void spoil(PlanDefect defect, Steps& plan, const Preview& preview) {
  switch (defect) {
    case PlanDefect::forget_dependants:
      for (const PreviewItem& item : preview.items) {
        if (item.follows.empty()) continue;
        std::erase_if(plan, [&](const auto& step) { return step.first == item.name; });
      }
      break;
    case PlanDefect::restart_for_update:
      for (auto& step : plan) {
        if (step.second == "update") step.second = "stop";
      }
      break;
    case PlanDefect::reverse: std::ranges::reverse(plan); break;
    default: break;
  }
}

SpecPtr spoilt(const SpecPtr& spec) {
  ContainerSpec changed = *spec;
  changed.environment["FORGOTTEN"] = "1";
  return std::make_shared<const ContainerSpec>(changed);
}

// Random values of keys, brought into what definition files are held to: their ranges, and
// dependencies that exist.
void make_legal(DesiredState& desired) {
  for (auto& [name, spec] : desired.containers) {
    ContainerSpec legal = *spec;
    for (const Key<ContainerSpec>& key : container_keys()) {
      const auto* field = std::get_if<FieldOf<ContainerSpec, Duration>>(&key.field);
      if (field == nullptr) continue;
      const auto bound = [](double seconds) {
        return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
      };
      Duration& value = (*field)(legal);
      if (key.least) value = std::max(value, bound(*key.least));
      if (key.most) value = std::min(value, bound(*key.most));
    }
    std::erase_if(legal.depends_on,
                  [&](const auto& entry) { return !desired.containers.contains(entry.first); });
    if (!same_definition(legal, *spec)) spec = std::make_shared<const ContainerSpec>(legal);
  }
}

struct Outcome {
  std::optional<std::string> problem;
  bool compared = false;
};

Outcome run_pair(std::uint64_t seed, PlanDefect defect, bool trace, bool even) {
  Driver driver(seed, Defect::none, trace);
  driver.host.even = even;
  Definitions definitions(driver.random);
  definitions.fill(driver.desired);
  make_legal(driver.desired);
  // The plan takes it that files can be read; berth plan says so when one is not there.
  for (const std::string& path : kFiles) driver.host.world.files[path] = "content";
  driver.desired_changed("first");
  driver.run_to_rest(1h);
  if (driver.problem()) return {driver.problem(), false};

  const DesiredState before = driver.desired;
  DesiredState after = before;
  definitions.edit(after);
  make_legal(after);
  const HostSpec settings;
  const control::StateView view{before, driver.observed, {}, driver.now(), {}};
  auto state = cli::parse_state(control::state_document(view, {"", settings, {}}));
  if (!state) return {"the state document is not read back: " + state.error().message(), false};
  if (defect == PlanDefect::another_definition) {
    for (auto& [name, seen] : state->observed.containers) {
      if (seen.spec) seen.spec = spoilt(seen.spec);
    }
  }
  const Preview preview = berth::preview(state->desired, after, state->observed, state->now);
  Steps plan = steps_of(preview.actions);
  spoil(defect, plan, preview);

  std::set<std::string> ran;
  for (const auto& [name, seen] : driver.observed.containers) {
    if (seen.running()) ran.insert(name);
  }
  std::vector<Action> done;
  driver.on_action = [&done](const Action& action) { done.push_back(action); };
  driver.desired = after;
  driver.desired_changed("edited");
  driver.run_to_rest(1h);
  if (driver.problem()) return {driver.problem(), false};
  if (trace) {
    std::cout << "plan:" << shown(plan) << "\ndone:" << shown(steps_of(done)) << "\n";
  }
  const Steps steps = steps_of(done);
  return {even ? difference(plan, steps, after) : difference_of_kinds(plan, steps, ran), true};
}

int run_seeds(std::uint64_t first, std::uint64_t seeds, bool trace) {
  std::uint64_t compared = 0;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    Outcome outcome = run_pair(seed, PlanDefect::none, trace, true);
    if (!outcome.problem) outcome = run_pair(seed, PlanDefect::none, trace, false);
    if (outcome.compared) ++compared;
    if (!outcome.problem) continue;
    std::cout << "seed " << seed << ": " << *outcome.problem << "\nto see it: berth-preview --seed "
              << seed << " --trace\n";
    return 1;
  }
  std::cout << compared << " pairs of sets, each plan was what was done\n";
  return compared == seeds ? 0 : 1;
}

int run_defects(std::uint64_t seeds) {
  int missed = 0;
  for (int defect = 1; defect <= kPlanDefects; ++defect) {
    bool found = false;
    for (std::uint64_t seed = 1; seed <= seeds && !found; ++seed) {
      found = run_pair(seed, static_cast<PlanDefect>(defect), false, true).problem.has_value();
    }
    if (!found) ++missed;
    std::cout << "plan defect " << defect << (found ? ": found\n" : ": NOT FOUND\n");
  }
  return missed == 0 ? 0 : 1;
}

}  // namespace

}  // namespace berth::simulation

int main(int count, char** words) {
  std::uint64_t first = 1;
  std::uint64_t seeds = 500;
  bool trace = false;
  bool defects = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view word = words[i];
    const std::string_view value = i + 1 < count ? words[i + 1] : "";
    std::uint64_t number = 0;
    const bool has_number =
        std::from_chars(value.data(), value.data() + value.size(), number).ec == std::errc();
    if (word == "--trace") {
      trace = true;
    } else if (word == "--defects") {
      defects = true;
    } else if (has_number && (word == "--seeds" || word == "--first" || word == "--seed")) {
      (word == "--seeds" ? seeds : first) = number;
      if (word == "--seed") seeds = 1;
      ++i;
    } else {
      std::cerr
          << "usage: berth-preview [--seeds N] [--first N] [--seed N] [--trace] [--defects]\n";
      return 2;
    }
  }
  using namespace berth::simulation;
  return defects ? run_defects(seeds) : run_seeds(first, seeds, trace);
}
