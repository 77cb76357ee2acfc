#include "tests/simulation/seeds.h"

#include <array>

#include "tests/simulation/definitions.h"
#include "tests/simulation/driver.h"

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

Faults draw_faults(Random& random) {
  constexpr std::array kLevels{0, 0, 5, 15, 40};
  Faults faults;
  faults.failure_percent = random.pick(kLevels);
  faults.exit_percent = random.pick(kLevels) * 2;
  faults.sick_percent = random.pick(kLevels);
  faults.slow_percent = random.pick(kLevels);
  faults.deaf_percent = random.pick(kLevels);
  return faults;
}

void let_operator_act(Driver& driver) {
  Random& random = driver.random;
  if (driver.desired.containers.empty()) return;
  auto chosen = driver.desired.containers.begin();
  std::advance(chosen, random.between(0, static_cast<int>(driver.desired.containers.size()) - 1));
  const std::string& name = chosen->first;
  switch (random.between(0, 2)) {
    case 0: driver.apply(event::OperatorStart{name}); break;
    case 1: driver.apply(event::OperatorStop{name}); break;
    default: driver.apply(event::OperatorRestart{name}); break;
  }
}

// A file changes, perhaps twice at once, vanishes or comes (back).
void change_file(Driver& driver) {
  Random& random = driver.random;
  const std::string& path = random.pick(kFiles);
  const bool vanishes = random.chance(25);
  driver.host.write_file(path, vanishes ? "" : std::to_string(random.between(0, 5)));
  if (random.chance(30)) driver.host.write_file(path, std::to_string(random.between(0, 5)));
}

// A unit of systemd comes, goes or fails, is started anew, or the bus to systemd is lost.
void change_unit(Driver& driver) {
  Random& random = driver.random;
  const std::string& name = random.chance(60) ? kMountUnit : kOneshotUnit;
  UnitState state = driver.host.unit_that_is_up(name);
  switch (random.between(0, 5)) {
    case 0: state = UnitState{.activity = UnitActivity::inactive}; break;
    case 1: state = UnitState{.activity = UnitActivity::failed}; break;
    case 2: state = UnitState{.activity = UnitActivity::activating}; break;
    case 3: state = UnitState{.problem = "the bus is gone"}; break;
    default: break;
  }
  driver.host.set_unit(name, state);
}

// What was on its way up, or out of sight, is down, and can be started.
void let_units_rest(Driver& driver) {
  for (const auto& [name, state] : std::map(driver.host.world.units)) {
    const bool stuck = state.activity == UnitActivity::activating || !state.problem.empty();
    if (stuck) driver.host.set_unit(name, UnitState{.activity = UnitActivity::inactive});
  }
}

// A program of the host begins to listen, or ends.
void take_port(Driver& driver) {
  driver.host.world.taken.clear();
  if (driver.random.chance(70)) driver.host.world.taken.insert(driver.random.pick(kPorts));
}

void live_through_faults(Driver& driver, Definitions& definitions) {
  Random& random = driver.random;
  const std::int64_t disturbances = random.between(0, 12);
  for (std::int64_t i = 0; i < disturbances && !driver.problem(); ++i) {
    driver.run_until(driver.now() + random.milliseconds(0, random.chance(70) ? 2000 : 60000));
    if (driver.problem()) return;
    if (random.chance(40)) {
      let_operator_act(driver);
    } else if (random.chance(35)) {
      change_file(driver);
    } else if (random.chance(25)) {
      change_unit(driver);
    } else if (random.chance(10)) {
      take_port(driver);
    } else {
      definitions.edit(driver.desired);
      driver.desired_changed("edited");
    }
  }
  driver.run_until(driver.now() + random.milliseconds(0, 60000));
}

// Failures that are past recovery by themselves are an operator's to clear.
void clear_failures(Driver& driver) {
  for (const auto& [name, spec] : driver.desired.containers) {
    const bool stopped = driver.knowledge.of(name).intent == Intent::stop;
    if (stopped && driver.random.chance(50)) continue;
    driver.apply(event::OperatorStart{name});
  }
}

}  // namespace

std::optional<std::string> run_seed(std::uint64_t seed, Defect defect, bool trace) {
  Driver driver(seed, defect, trace);
  Definitions definitions(driver.random);
  for (const std::string& path : kFiles) {
    if (driver.random.chance(80)) driver.host.write_file(path, "0");
  }
  definitions.fill(driver.desired);
  driver.host.faults = draw_faults(driver.random);
  driver.desired_changed("first");
  live_through_faults(driver, definitions);

  const bool rests = driver.random.chance(70);
  if (rests && !driver.problem()) {
    driver.host.faults = Faults();
    let_units_rest(driver);
    driver.host.world.taken.clear();
    driver.run_until(driver.now() + 2min);  // what is under way still fails or is late
    clear_failures(driver);
    driver.run_to_rest(1h);
    if (!driver.problem()) driver.checker.check_rest(driver.observed);
  }
  if (driver.problem()) return driver.problem();

  driver.desired.shutting_down = true;
  driver.desired_changed("shutdown");
  driver.run_until(driver.now() + 10s);
  driver.host.faults = Faults();
  driver.run_to_end(1h);
  return driver.problem();
}

}  // namespace berth::simulation
