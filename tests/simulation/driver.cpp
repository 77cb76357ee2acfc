#include "tests/simulation/driver.h"

#include <algorithm>
#include <iostream>

#include "supervisor/plan/units.h"
#include "tests/simulation/definitions.h"

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

// More turns than this at one instant: the plan goes round in circles.
constexpr int kMaxRounds = 30;
constexpr int kMaxSteps = 20000;

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

std::string describe_event(const Event& event) {
  return std::visit(
      Overloaded{
          [](const event::Submitted& e) { return "submitted " + e.action.subject; },
          [](const event::NetworkReady& e) { return "network ready " + e.network; },
          [](const event::NetworkGone& e) { return "network gone " + e.network; },
          [](const event::SandboxReady& e) { return "sandbox ready " + e.container; },
          [](const event::SandboxGone& e) { return "sandbox gone " + e.container; },
          [](const event::Launched& e) {
            return "launched " + e.container + " #" + std::to_string(e.launch_id);
          },
          [](const event::Exited& e) {
            return "exited " + e.container + " #" + std::to_string(e.launch_id) + " " +
                   describe(e.status);
          },
          [](const event::CleanedUp& e) { return "cleaned up " + e.container; },
          [](const event::Updated& e) { return "updated " + e.container; },
          [](const event::Checked& e) { return "checked " + e.container; },
          [](const event::RootRemoved& e) { return "root removed " + e.container; },
          [](const event::FilesRead& e) {
            std::string line = "files read";
            for (const auto& [path, file] : e.files) line += " " + path + "=" + file.digest;
            return line;
          },
          [](const event::UnitsTold& e) {
            std::string line = "units told";
            for (const auto& [name, state] : e.units) {
              line += " " + name + "=" + std::string(planning::name_of(state.activity)) +
                      (state.completed ? " completed" : "") + " " + state.problem;
            }
            return line;
          },
          [](const event::UnitStarted& e) { return "unit started " + e.unit; },
          [](const event::ViewApplied&) { return std::string("view applied"); },
          [](const event::Probed& e) {
            return "probed " + e.container + (e.healthy ? " healthy" : " unhealthy");
          },
          [](const event::Failed& e) {
            return "failed " + std::string(berth::name_of(e.action.deed)) + " " + e.action.subject;
          },
          [](const event::Notified& e) { return "notified " + e.container; },
          [](const event::WallClockSet&) { return std::string("the clock was set"); },
          [](const event::Appointed& e) { return "appointed " + e.change.container; },
          [](const event::OperatorStart& e) { return "operator starts " + e.container; },
          [](const event::OperatorStop& e) { return "operator stops " + e.container; },
          [](const event::OperatorRestart& e) { return "operator restarts " + e.container; },
      },
      event);
}

bool only_probes(const std::vector<Action>& actions) {
  return std::ranges::all_of(actions, [](const Action& action) {
    return std::holds_alternative<action::Probe>(action.deed);
  });
}

bool same_actions(const std::vector<Action>& left, const std::vector<Action>& right) {
  return std::ranges::equal(left, right, [](const Action& one, const Action& other) {
    return one.subject == other.subject && one.deed.index() == other.deed.index();
  });
}

}  // namespace

Driver::Driver(std::uint64_t seed, Defect defect, bool trace)
    : defect_(defect),
      trace_(trace),
      random(seed),
      desired(empty_desired()),
      host(random, now_,
           [this](const Action& action) {
             if (trace_) {
               this->trace("  " + std::string(berth::name_of(action.deed)) + " " + action.subject +
                           " (" + action.reason + ")");
             }
             checker.check(action);
             if (on_action) on_action(action);
             knowledge.submitted(action, now_);
           }),
      checker(desired, knowledge, host.world, now_) {}

void Driver::trace(const std::string& line) const {
  const auto since = now_ - (Instant() + 1000h);
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(since).count();
  std::cout << ms << "ms " << line << "\n";
}

void Driver::set_problem(const std::string& sentence) {
  if (!checker.problem) checker.problem = sentence;
}

void Driver::apply(const Event& event) {
  if (trace_) trace(describe_event(event));
  knowledge.told(event, now_);
  observed = defective_advance(defect_, random, std::move(observed), event, now_);
}

void Driver::desired_changed(const std::string& what) {
  if (trace_) {
    trace("definitions: " + what);
    for (const auto& [name, spec] : desired.containers) {
      std::string line = "  " + name;
      if (spec->type == ContainerType::oneshot) line += " oneshot";
      if (!spec->autostart) line += " no-autostart";
      for (const auto& [other, how] : spec->depends_on) {
        line += " " + other + "/" + std::to_string(static_cast<int>(how.condition)) +
                (how.restart ? "r" : "");
      }
      trace(line);
    }
  }
  reconcile_all();
}

// As the daemon does it: until the plan is empty.
void Driver::reconcile_all() {
  for (int round = 0; round < kMaxRounds && !problem(); ++round) {
    const Plan plan = defective_reconcile(defect_, desired, observed, now_);
    wake_at_ = plan.wake_at;
    if (plan.actions.empty()) return check_wake(plan);
    observed = carry_out(plan, std::move(observed), host, records, now_);
  }
  set_problem("the plan goes round in circles");
}

// wake_at is the earliest instant at which time alone changes the plan.
void Driver::check_wake(const Plan& plan) {
  if (!random.chance(20)) return;
  if (!plan.wake_at) {
    const Plan later = defective_reconcile(defect_, desired, observed, now_ + 24h);
    if (!later.actions.empty()) set_problem("time asks for more, but the plan did not say when");
    return;
  }
  const Plan before = defective_reconcile(defect_, desired, observed, *plan.wake_at - 1ns);
  const Plan then = defective_reconcile(defect_, desired, observed, *plan.wake_at);
  if (!same_actions(before.actions, plan.actions)) set_problem("the plan changes before wake_at");
  if (then.actions.empty()) set_problem("nothing changes at wake_at");
}

// False when nothing happens before `end`.
bool Driver::step(Instant end) {
  const std::optional<Instant> happens = host.next_time();
  if (!happens && !wake_at_) return false;
  Instant next = happens.value_or(*wake_at_);
  if (happens && wake_at_) next = std::min(*happens, *wake_at_);
  if (next > end) return false;
  now_ = std::max(now_, next);
  for (const Event& event : host.take_due()) apply(event);
  if (host.problem) set_problem(*host.problem);
  // Now and then the loop is late, and sees several things at once.
  if (random.chance(10) && host.next_time()) return true;
  reconcile_all();
  return true;
}

void Driver::run_until(Instant end) {
  while (!problem() && step(end)) continue;
  now_ = std::max(now_, end);
  if (!problem()) reconcile_all();
}

bool Driver::at_rest() const {
  const bool idle = std::ranges::all_of(observed.containers, [this](const auto& entry) {
    const ObservedContainer& container = entry.second;
    const bool settles = container.health == Health::starting ||
                         container.health == Health::unhealthy || container.stop_sent_at;
    const bool oneshot_runs =
        container.running() && container.spec && container.spec->type == ContainerType::oneshot;
    const bool starts_later = container.next_start && *container.next_start > now_;
    return !container.busy && !container.checking && !settles && !oneshot_runs && !starts_later;
  });
  const bool networks_idle =
      std::ranges::all_of(observed.networks, [](const auto& entry) { return !entry.second.busy; });
  const bool files_known = std::ranges::all_of(
      observed.watched, [this](const std::string& path) { return observed.files.contains(path); });
  const bool units_known = std::ranges::all_of(
      observed.watched_units,
      [this](const std::string& name) { return observed.units.contains(name); });
  const bool units_idle = std::ranges::all_of(observed.units, [this](const auto& entry) {
    const ObservedUnit& unit = entry.second;
    return !unit.starting && (!unit.next_start || *unit.next_start <= now_);
  });
  return units_known && units_idle && idle && networks_idle && files_known && !observed.view_busy;
}

void Driver::run_to_rest(Duration most) {
  const Instant end = now_ + most;
  for (int steps = 0; !problem(); ++steps) {
    reconcile_all();
    if (at_rest()) {
      const Plan plan = reconcile(desired, observed, now_ + 24h);
      if (only_probes(plan.actions)) return;
    }
    if (steps > kMaxSteps || !step(end)) break;
  }
  for (const auto& [name, container] : observed.containers) {
    if (trace_) {
      trace(name + " is " + std::string(berth::name_of(container.phase)) +
            (container.busy ? " busy " : " ") + container.error);
    }
  }
  set_problem("it does not come to rest");
}

void Driver::run_to_end(Duration most) {
  run_until(now_);
  const Instant end = now_ + most;
  while (!problem() && !nothing_left(observed) && step(end)) continue;
  if (!nothing_left(observed)) set_problem("the shutdown does not end");
  if (problem()) return;
  const Plan plan = reconcile(desired, observed, now_ + 24h);
  if (!plan.actions.empty()) set_problem("the shutdown goes on when everything is gone");
  checker.check_gone();
}

}  // namespace berth::simulation
