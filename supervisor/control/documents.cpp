// From the states to the values of status.h.
#include "supervisor/control/documents.h"

#include <algorithm>
#include <set>

#include "supervisor/model/keys.h"
#include "supervisor/model/status.h"
#include "supervisor/model/values.h"
#include "supervisor/plan/check.h"
#include "supervisor/plan/explain.h"

namespace berth::control {

namespace {

std::string_view name_of(Presence presence) {
  switch (presence) {
    case Presence::absent: return "absent";
    case Presence::creating: return "creating";
    case Presence::present: return "present";
    case Presence::removing: return "removing";
    case Presence::failed: return "failed";
  }
  return "absent";
}

std::string_view name_of(Intent intent) {
  switch (intent) {
    case Intent::none: return "";
    case Intent::run: return "run";
    case Intent::stop: return "stop";
  }
  return "";
}

const Diagnostic* first_error(std::span<const Diagnostic> problems, const std::string& container) {
  for (const Diagnostic& problem : problems) {
    if (problem.severity == Severity::error && problem.container == container) return &problem;
  }
  return nullptr;
}

// The names that anything at all is known of.
std::set<std::string> known_names(const StateView& view) {
  std::set<std::string> names;
  for (const auto& [name, spec] : view.desired.containers) names.insert(name);
  for (const auto& [name, container] : view.observed.containers) names.insert(name);
  for (const Diagnostic& problem : view.problems) {
    if (!problem.container.empty() && problem.severity == Severity::error) {
      names.insert(problem.container);
    }
  }
  if (view.masked != nullptr) {
    for (const auto& [name, link] : *view.masked) names.insert(name);
  }
  return names;
}

void add_spec(ContainerStatus& status, const ContainerSpec& spec) {
  status.type = word_of(spec.type);
  status.groups = spec.groups;
  status.labels = spec.labels;
  for (const PortSpec& port : spec.ports) status.ports.push_back(format_value(port));
  for (const auto& [name, dependency] : spec.depends_on) status.depends_on.push_back(name);
  if (!spec.where.empty()) status.file = spec.where.begin()->second.file;
}

void add_exit(ContainerStatus& status, const ExitStatus& exit) {
  if (exit.kind == ExitStatus::Kind::exited) status.exit_code = exit.code;
  if (exit.kind == ExitStatus::Kind::signaled) status.signal = format_signal(Signal{exit.code});
  status.oom_killed = exit.oom_killed;
  status.last_exit = describe(exit);
}

void add_observed(ContainerStatus& status, const ObservedContainer& container,
                  const StateView& view) {
  using std::chrono::floor;
  status.phase = berth::name_of(container.phase);
  status.health = berth::name_of(container.health);
  status.health_message = container.probe_message;
  status.restarts = container.restarts;
  status.addresses = container.addresses;
  std::ranges::copy_if(container.addresses6, std::back_inserter(status.addresses),
                       [](const std::string& address) { return !address.empty(); });
  status.launch = container.launch_id;
  status.completed = container.completed;
  status.intent = name_of(container.intent);
  status.error = container.error;
  if (container.last_exit) add_exit(status, *container.last_exit);
  if (container.phase == Phase::backing_off && container.next_start) {
    const Duration left = std::max(*container.next_start - view.now, Duration(0));
    status.next_start_in = floor<std::chrono::milliseconds>(left).count();
  }
  if (container.appointment.next) status.next_run = format_rfc3339(*container.appointment.next);
  status.skipped_runs = container.appointment.skipped;
  if (!container.running()) return;
  status.pid = container.pid;
  const Duration age = std::max(view.now - container.launched_at, Duration(0));
  status.uptime = floor<std::chrono::seconds>(age).count();
  status.since = format_rfc3339(view.wall_now - age);
}

const std::string& mask_of(const StateView& view, const std::string& name) {
  static const std::string kNone;
  if (view.masked == nullptr) return kNone;
  const auto found = view.masked->find(name);
  return found == view.masked->end() ? kNone : found->second;
}

// Why a schedule has no next time although the host knows the time of day.
std::string suspension(const ContainerSpec& spec, const ObservedContainer& container) {
  if (spec.type != ContainerType::oneshot || spec.schedule.empty()) return "";
  if (container.appointment.next) return "";
  if (container.intent == Intent::stop) return "an operator stopped it";
  if (!spec.autostart && container.intent == Intent::none) {
    return "autostart is off, and no operator started it";
  }
  return "";
}

ContainerStatus make_status(const StateView& view, const std::string& name,
                            const std::map<std::string, std::string>& waiting) {
  ContainerStatus status;
  status.name = name;
  status.phase = berth::name_of(Phase::absent);
  status.health = berth::name_of(Health::none);
  status.generation = view.desired.generation;

  const auto wanted = view.desired.containers.find(name);
  const auto seen = view.observed.containers.find(name);
  status.desired = wanted != view.desired.containers.end();
  if (status.desired) {
    add_spec(status, *wanted->second);
  } else if (seen != view.observed.containers.end() && seen->second.spec) {
    add_spec(status, *seen->second.spec);
  }
  if (seen != view.observed.containers.end()) add_observed(status, seen->second, view);

  if (const auto found = waiting.find(name); found != waiting.end()) status.waiting = found->second;

  if (status.desired && seen != view.observed.containers.end() && status.error.empty()) {
    status.error = planning::check_sentence(seen->second, wanted->second);
  }
  if (status.desired && seen != view.observed.containers.end() && view.observed.wall) {
    status.suspended = suspension(*wanted->second, seen->second);
  }
  status.masked = mask_of(view, name);

  const Diagnostic* problem = first_error(view.problems, name);
  if (problem == nullptr) return status;
  if (status.file.empty()) status.file = problem->pos.file;
  status.definition_error =
      (status.desired ? "keeps its last good definition: " : "") + format(*problem);
  if (status.error.empty()) status.error = status.definition_error;
  return status;
}

}  // namespace

std::vector<ContainerStatus> container_statuses(const StateView& view) {
  std::vector<ContainerStatus> statuses;
  const auto waiting = waits(view.desired, view.observed, view.now);
  for (const std::string& name : known_names(view)) {
    statuses.push_back(make_status(view, name, waiting));
  }
  return statuses;
}

std::optional<ContainerStatus> container_status(const StateView& view, const std::string& name) {
  const bool known = view.desired.containers.contains(name) ||
                     view.observed.containers.contains(name) ||
                     first_error(view.problems, name) != nullptr || !mask_of(view, name).empty();
  if (!known || name.empty()) return std::nullopt;
  return make_status(view, name, waits(view.desired, view.observed, view.now));
}

HostStatus host_status(const StateView& view, const HostFacts& facts) {
  HostStatus host;
  host.version = BERTH_VERSION;
  host.root = facts.root.empty() ? "/" : facts.root;
  host.pid = facts.pid;
  host.generation = view.desired.generation;
  host.shutting_down = view.desired.shutting_down;
  for (const ContainerStatus& status : container_statuses(view)) {
    const bool only_masked = !status.masked.empty() && !status.desired &&
                             !view.observed.containers.contains(status.name);
    if (only_masked) continue;
    ++host.containers;
    if (status.pid) ++host.running;
    if (!status.error.empty()) ++host.with_error;
  }
  for (const auto& [name, spec] : view.desired.networks) {
    NetworkStatus network{name, "absent", spec->bridge, spec->subnet, spec->subnet6, ""};
    const auto seen = view.observed.networks.find(name);
    if (seen != view.observed.networks.end()) {
      network.state = name_of(seen->second.presence);
      network.error = seen->second.error;
    }
    host.networks.push_back(std::move(network));
  }
  host.network_error = view.observed.view_error;
  host.notices = facts.notices;
  host.pinned = facts.pinned;
  host.problems.assign(view.problems.begin(), view.problems.end());
  return host;
}

EventRecord exited_event(const std::string& container, const ExitStatus& status, WallTime time) {
  EventRecord event;
  event.time = format_rfc3339(time);
  event.kind = "exited";
  event.container = container;
  if (status.kind == ExitStatus::Kind::exited) event.exit_code = status.code;
  if (status.kind == ExitStatus::Kind::signaled) event.signal = format_signal(Signal{status.code});
  event.oom_killed = status.oom_killed;
  event.message = describe(status);
  return event;
}

}  // namespace berth::control
