#include "tests/simulation/simulated_host.h"

#include <algorithm>
#include <utility>

#include "supervisor/model/references.h"
#include "supervisor/plan/attachments.h"
#include "tests/simulation/definitions.h"

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

// The heap's order: the earliest first.
constexpr auto kLater = [](const auto& left, const auto& right) {
  return std::pair(left.at, left.tie) > std::pair(right.at, right.tie);
};

ExitStatus exited(int code) { return {ExitStatus::Kind::exited, code, false}; }
ExitStatus killed(int signal) { return {ExitStatus::Kind::signaled, signal, false}; }

}  // namespace

void SimulatedHost::submit(const Action& action) {
  check_(action);
  std::visit([&](const auto& deed) { begin(action, deed); }, action.deed);
}

std::optional<Instant> SimulatedHost::next_time() const {
  if (queue_.empty()) return std::nullopt;
  return queue_.front().at;
}

std::vector<Event> SimulatedHost::take_due() {
  while (!queue_.empty() && queue_.front().at <= now_) {
    std::ranges::pop_heap(queue_, kLater);
    const Happening happen = std::move(queue_.back().happen);
    queue_.pop_back();
    happen();
  }
  return std::exchange(told_, {});
}

void SimulatedHost::after(Duration delay, Happening happen) {
  queue_.push_back(
      Scheduled{now_ + delay, even ? ++even_ties_ : random_.next(), std::move(happen)});
  std::ranges::push_heap(queue_, kLater);
}

Duration SimulatedHost::latency() {
  if (even) return 1ms;
  if (!random_.chance(faults.slow_percent)) return random_.milliseconds(1, 20);
  return random_.chance(80) ? random_.milliseconds(20, 2000) : random_.milliseconds(2000, 40000);
}

void SimulatedHost::tell_later(Event event) {
  after(latency(), [this, event = std::move(event)] { tell(event); });
}

void SimulatedHost::tell_failure(const Action& action) {
  tell(event::Failed{action, "cannot " + std::string(name_of(action.deed)) + ": simulated"});
}

void SimulatedHost::begin(const Action& action, const action::CreateNetwork& deed) {
  after(latency(), [this, action, deed] {
    const bool failed = fails();
    if (!failed || random_.chance(50)) world.networks[action.subject] = deed.network;
    if (failed)
      tell_failure(action);
    else
      tell(event::NetworkReady{action.subject});
  });
}

void SimulatedHost::begin(const Action& action, const action::RemoveNetwork&) {
  after(latency(), [this, action] {
    if (fails()) return tell_failure(action);
    world.networks.erase(action.subject);
    tell(event::NetworkGone{action.subject});
  });
}

std::vector<std::string> SimulatedHost::addresses_of(const std::string& name,
                                                     const ContainerSpec& spec) {
  const int number = leases_.emplace(name, static_cast<int>(leases_.size()) + 2).first->second;
  std::vector<std::string> addresses;
  for (const NetworkAttachment& attachment : planning::attachments_of(spec)) {
    addresses.push_back(attachment.name + "." + std::to_string(number));
  }
  return addresses;
}

bool SimulatedHost::grant_ports(const std::string& name, const ContainerSpec& spec) {
  const auto is_lost = [&](const PortSpec& port) {
    const auto is_its = [&](const PublishedPort& published) {
      return published.container == name && published.port == port;
    };
    return world.taken.contains(port.host_port) && std::ranges::none_of(world.view.ports, is_its);
  };
  if (std::ranges::any_of(spec.ports, is_lost)) return false;
  for (const PortSpec& port : spec.ports) granted_.emplace(name, port.host_port);
  return true;
}

void SimulatedHost::begin(const Action& action, const action::CreateSandbox& deed) {
  after(latency(), [this, action, deed] {
    const bool failed = fails() || !grant_ports(action.subject, *deed.spec);
    if (!failed || random_.chance(50)) world.sandboxes[action.subject] = deed.spec;
    if (failed) return tell_failure(action);
    tell(event::SandboxReady{action.subject, addresses_of(action.subject, *deed.spec)});
  });
}

void SimulatedHost::begin(const Action& action, const action::RemoveSandbox&) {
  after(latency(), [this, action] {
    if (fails()) return tell_failure(action);
    world.sandboxes.erase(action.subject);
    tell(event::SandboxGone{action.subject});
  });
}

// A launch that fails half-way leaves remains; its half-made process may be seen to end, before
// or after the failure is told.
void SimulatedHost::fail_launch(const Action& action, std::uint64_t launch_id) {
  tell_failure(action);
  if (!random_.chance(40)) return;
  const event::Exited ended{action.subject, launch_id, exited(127)};
  if (random_.chance(50))
    told_.insert(told_.end() - 1, ended);
  else
    tell_later(ended);
}

void SimulatedHost::begin(const Action& action, const action::Launch& deed) {
  world.remains[action.subject] = deed.launch_id;
  world.roots[action.subject] = deed.spec;
  after(latency(), [this, action, deed] {
    const auto misses = [this](const FileReference& reference) {
      return reference.needed() && !world.files.contains(reference.path);
    };
    if (fails() || std::ranges::any_of(file_references(*deed.spec), misses) ||
        !grant_ports(action.subject, *deed.spec)) {
      return fail_launch(action, deed.launch_id);
    }
    begin_process(action.subject, deed.launch_id, deed.spec);
  });
}

void SimulatedHost::begin_process(const std::string& name, std::uint64_t launch_id,
                                  const SpecPtr& spec) {
  if (world.processes.contains(name)) problem = name + " has two processes";
  Process& process = world.processes[name] = Process{launch_id, spec, {}};
  for (const FileReference& reference : file_references(*spec)) {
    const auto found = world.files.find(reference.path);
    process.files[reference.path] = found == world.files.end() ? "" : found->second;
  }
  const event::Launched launched{name, launch_id, next_pid_++, process.files};
  if (random_.chance(faults.slow_percent))
    tell_later(launched);
  else
    tell(launched);
  plan_end(name, launch_id, *spec);
}

ExitStatus SimulatedHost::random_status() {
  if (random_.chance(30)) return exited(0);
  if (random_.chance(60)) return exited(static_cast<int>(random_.between(1, 3)));
  if (random_.chance(60)) return ExitStatus{ExitStatus::Kind::signaled, 9, random_.chance(50)};
  return random_.chance(50) ? killed(11) : ExitStatus{};
}

// Whether it ends well is decided then: faults may have stopped.
void SimulatedHost::plan_end(const std::string& name, std::uint64_t launch_id,
                             const ContainerSpec& spec) {
  if (spec.type == ContainerType::oneshot) {
    const Duration lifetime = even ? 0ms : random_.milliseconds(0, 3000);
    return after(lifetime, [this, name, launch_id] {
      const bool well = !random_.chance(faults.exit_percent);
      end_process(name, launch_id, well ? exited(0) : random_status());
    });
  }
  if (!random_.chance(faults.exit_percent)) return;
  const Duration lifetime =
      random_.chance(70) ? random_.milliseconds(0, 5000) : random_.milliseconds(5000, 300000);
  after(lifetime, [this, name, launch_id] {
    if (faults.any()) end_process(name, launch_id, random_status());
  });
}

void SimulatedHost::end_process(const std::string& name, std::uint64_t launch_id,
                                ExitStatus status) {
  const auto found = world.processes.find(name);
  if (found == world.processes.end() || found->second.launch_id != launch_id) return;
  world.processes.erase(found);
  const event::Exited ended{name, launch_id, status};
  if (random_.chance(faults.slow_percent))
    tell_later(ended);
  else
    tell(ended);
}

void SimulatedHost::crash(const std::string& container, ExitStatus status) {
  const auto found = world.processes.find(container);
  if (found != world.processes.end()) end_process(container, found->second.launch_id, status);
}

void SimulatedHost::begin(const Action& action, const action::Stop& deed) {
  if (fails()) return after(latency(), [this, action] { tell_failure(action); });
  if (random_.chance(faults.deaf_percent)) return;
  const Duration delay = even                                  ? 1ms
                         : random_.chance(faults.slow_percent) ? random_.milliseconds(1000, 30000)
                                                               : random_.milliseconds(0, 500);
  const ExitStatus status = random_.chance(50) ? exited(0) : killed(deed.signal.number);
  after(delay,
        [this, name = action.subject, deed, status] { end_process(name, deed.launch_id, status); });
}

void SimulatedHost::begin(const Action& action, const action::Kill& deed) {
  if (fails()) return after(latency(), [this, action] { tell_failure(action); });
  const Duration delay = random_.chance(faults.deaf_percent) ? random_.milliseconds(5000, 40000)
                                                             : random_.milliseconds(0, 20);
  after(delay,
        [this, name = action.subject, deed] { end_process(name, deed.launch_id, killed(9)); });
}

void SimulatedHost::begin(const Action& action, const action::CleanUp& deed) {
  after(latency(), [this, action, deed] {
    if (fails()) return tell_failure(action);
    world.remains.erase(action.subject);
    tell(event::CleanedUp{action.subject, deed.launch_id,
                          random_.chance(faults.failure_percent) ? kHookFailed : ""});
  });
}

void SimulatedHost::begin(const Action& action, const action::Update& deed) {
  after(latency(), [this, action, deed] {
    if (fails() || !grant_ports(action.subject, *deed.spec)) return tell_failure(action);
    const auto found = world.processes.find(action.subject);
    if (found != world.processes.end()) found->second.spec = deed.spec;
    tell(event::Updated{action.subject, deed.launch_id});
  });
}

void SimulatedHost::begin(const Action& action, const action::Check& deed) {
  after(latency(), [this, action, deed] {
    if (fails()) return tell_failure(action);
    tell(event::Checked{action.subject, deed.spec});
  });
}

void SimulatedHost::begin(const Action& action, const action::Reload& deed) {
  const auto found = world.processes.find(action.subject);
  if (found == world.processes.end()) return;
  for (const auto& [path, content] : deed.files) found->second.files[path] = content;
}

void SimulatedHost::begin(const Action&, const action::WatchFiles& deed) {
  const std::set<std::string> before = std::exchange(watched_, deed.paths);
  for (const std::string& path : watched_) {
    if (!before.contains(path)) look_later(path);
  }
}

void SimulatedHost::look_later(const std::string& path) {
  after(latency(), [this, path] {
    if (!watched_.contains(path)) return;
    const auto found = world.files.find(path);
    const bool there = found != world.files.end();
    tell(event::FilesRead{
        {{path, there ? FileState{found->second, ""} : FileState{"", "No such file"}}}});
  });
}

void SimulatedHost::write_file(const std::string& path, const std::string& content) {
  if (content.empty())
    world.files.erase(path);
  else
    world.files[path] = content;
  look_later(path);
}

void SimulatedHost::begin(const Action&, const action::WatchUnits& deed) {
  watched_units_ = deed.units;
  for (const std::string& name : watched_units_) {
    after(latency(), [this, name] { tell_unit(name); });
  }
}

void SimulatedHost::begin(const Action& action, const action::StartUnit&) {
  after(latency(), [this, action] {
    UnitState& state = world.units[action.subject];
    const bool refused = fails() || !state.problem.empty();
    if (refused && state.problem.empty() && random_.chance(50)) {
      state.activity = UnitActivity::failed;
    }
    // Now and then its conditions are not met, and it stays as it was.
    if (!refused && !fails()) state = unit_that_is_up(action.subject);
    tell_unit(action.subject);
    if (refused) return tell_failure(action);
    tell(event::UnitStarted{action.subject});
  });
}

void SimulatedHost::tell_unit(const std::string& name) {
  if (!watched_units_.contains(name)) return;
  UnitState& state = world.units[name];
  if (state.activity == UnitActivity::unknown && state.problem.empty()) {
    state.activity = UnitActivity::inactive;
  }
  tell(event::UnitsTold{{{name, state}}});
}

void SimulatedHost::set_unit(const std::string& name, const UnitState& state) {
  world.units[name] = state;
  after(latency(), [this, name] { tell_unit(name); });
}

UnitState SimulatedHost::unit_that_is_up(const std::string& name) {
  UnitState up{.activity = UnitActivity::active, .activation = ++activations_};
  if (name != kOneshotUnit) return up;
  up.activity = UnitActivity::inactive;
  up.completes = up.completed = true;
  return up;
}

void SimulatedHost::begin(const Action& action, const action::RemoveRoot&) {
  after(latency(), [this, action] {
    if (fails()) return tell_failure(action);
    world.roots.erase(action.subject);
    tell(event::RootRemoved{action.subject});
  });
}

void SimulatedHost::begin(const Action& action, const action::ApplyView& deed) {
  after(latency(), [this, action, deed] {
    if (fails()) return tell_failure(action);
    for (const PublishedPort& published : deed.view.ports) {
      if (granted_.contains({published.container, published.port.host_port})) continue;
      problem = published.container + " publishes a port that nobody has looked at";
    }
    world.view = deed.view;
    tell(event::ViewApplied{deed.view});
  });
}

void SimulatedHost::begin(const Action& action, const action::Probe& deed) {
  after(latency(), [this, action, deed] {
    if (fails()) return tell_failure(action);
    const auto found = world.processes.find(action.subject);
    const bool there = found != world.processes.end() && found->second.launch_id == deed.launch_id;
    const bool healthy = there && !random_.chance(faults.sick_percent);
    tell(event::Probed{action.subject, deed.launch_id, healthy, healthy ? "" : "connect: refused"});
  });
}

}  // namespace berth::simulation
