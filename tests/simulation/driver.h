// Driver: the loop of the daemon on a virtual clock. Events in, advance, reconcile, carry out;
// then to the next instant at which something happens.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "supervisor/execute/executor.h"
#include "tests/simulation/checker.h"
#include "tests/simulation/defects.h"

namespace berth::simulation {

class Driver {
 public:
  Driver(std::uint64_t seed, Defect defect, bool trace);

  // Something happens from outside: an operator, or an event of the test's own making.
  void apply(const Event& event);
  // A new generation, or the shutdown: `desired` was changed.
  void desired_changed(const std::string& what);

  // Goes on until `end`, or until a problem is found.
  void run_until(Instant end);
  // Goes on until nothing but health checks is left to do, for at most `most`; a problem if it
  // takes longer.
  void run_to_rest(Duration most);
  // Also until everything is gone.
  void run_to_end(Duration most);

  void set_problem(const std::string& sentence);
  [[nodiscard]] const std::optional<std::string>& problem() const { return checker.problem; }
  [[nodiscard]] Instant now() const { return now_; }

 private:
  void reconcile_all();
  void check_wake(const Plan& plan);
  bool step(Instant end);
  [[nodiscard]] bool at_rest() const;
  void trace(const std::string& line) const;

  Instant now_ = Instant() + std::chrono::hours(1000);
  Defect defect_;
  bool trace_;
  std::optional<Instant> wake_at_;

 public:
  std::function<void(const Action&)> on_action;  // of each action that is submitted; may be empty
  Random random;
  DesiredState desired;
  ObservedState observed;
  Knowledge knowledge;
  SimulatedHost host;
  NoRecords records;
  Checker checker;
};

}  // namespace berth::simulation
