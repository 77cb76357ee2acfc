#include "tests/simulation/checker.h"

#include <algorithm>

#include "supervisor/model/references.h"
#include "supervisor/model/unit_name.h"
#include "supervisor/plan/attachments.h"
#include "supervisor/plan/changes.h"

namespace berth::simulation {

namespace {

using planning::attachments_of;

constexpr Duration kKillInterval = std::chrono::seconds(10);

struct Difference {
  Cost cost = Cost::none;
  bool sandbox = false;
  bool root = false;
};

Difference difference(const ContainerSpec& before, const ContainerSpec& after) {
  Difference result;
  for (const KeyChange& change : changed_keys(before, after)) {
    result.cost = std::max(result.cost, change.cost);
    if (change.cost != Cost::recreate) continue;
    if (change.part == Part::sandbox) result.sandbox = true;
    if (change.part == Part::root) result.root = true;
  }
  return result;
}

template <class Map>
auto find_or_null(const Map& map, const std::string& name) -> typename Map::mapped_type {
  const auto found = map.find(name);
  return found == map.end() ? nullptr : found->second;
}

}  // namespace

void Checker::expect(bool good, const std::string& sentence) {
  if (!good && !problem) problem = sentence;
}

void Checker::check(const Action& action) {
  expect(!action.reason.empty(), "an action without a reason: " + action.subject);
  std::visit([&](const auto& deed) { check_deed(action.subject, deed); }, action.deed);
}

SpecPtr Checker::desired(const std::string& name) const {
  return find_or_null(desired_.containers, name);
}

void Checker::check_idle(const std::string& name) {
  const Known& known = knowledge_.of(name);
  expect(known.busy_with == nullptr, name + ": begun while " +
                                         std::string(known.busy_with ? known.busy_with : "") +
                                         " is under way");
}

// --- networks and the view

void Checker::check_deed(const std::string& name, const action::CreateNetwork& deed) {
  const auto under_way = knowledge_.network_under_way.find(name);
  expect(under_way == knowledge_.network_under_way.end() || !under_way->second,
         "network " + name + " is made while something is under way for it");
  expect(!world_.networks.contains(name), "network " + name + " is made, but is there already");
  expect(find_or_null(desired_.networks, name) == deed.network,
         "network " + name + " is made by an old definition");
  expect(!desired_.shutting_down, "network " + name + " is made in a shutdown");
}

void Checker::check_deed(const std::string& name, const action::RemoveNetwork&) {
  const auto under_way = knowledge_.network_under_way.find(name);
  expect(under_way == knowledge_.network_under_way.end() || !under_way->second,
         "network " + name + " is removed while something is under way for it");
  for (const auto& [container, spec] : world_.sandboxes) {
    for (const NetworkAttachment& attachment : attachments_of(*spec)) {
      expect(attachment.name != name, "network " + name + " is removed below " + container);
    }
  }
}

void Checker::check_networks(const std::string& name, const ContainerSpec& spec) {
  for (const NetworkAttachment& attachment : attachments_of(spec)) {
    const NetworkPtr there = find_or_null(world_.networks, attachment.name);
    const NetworkPtr wanted = find_or_null(desired_.networks, attachment.name);
    expect(there != nullptr, name + " begins without its network " + attachment.name);
    expect(!there || !wanted || there->subnet == wanted->subnet,
           name + " begins on the old network " + attachment.name);
  }
}

void Checker::check_deed(const std::string&, const action::ApplyView&) {
  expect(!knowledge_.view_under_way, "two views are applied at a time");
}

// --- starting

bool Checker::unit_met(const std::string& name, DependencyCondition condition) const {
  const auto found = knowledge_.units.find(name);
  if (found == knowledge_.units.end()) return false;
  const bool active = found->second.activity == UnitActivity::active;
  return condition == DependencyCondition::completed ? found->second.completed
                                                     : active || found->second.completed;
}

bool Checker::met(const std::string& name, DependencyCondition condition) const {
  if (names_unit(name)) return unit_met(name, condition);
  const SpecPtr wanted = desired(name);
  if (!wanted) return false;
  const Known& known = knowledge_.of(name);
  const bool runs = known.running && !known.stop_sent_at;
  const bool done = known.completed && difference(*known.spec, *wanted).cost < Cost::restart &&
                    knowledge_.content_cost(name, *wanted) < Cost::restart;
  switch (condition) {
    case DependencyCondition::started: return runs || done;
    case DependencyCondition::healthy:
      return runs && known.ready_at && (!known.spec->healthcheck.configured() || known.healthy);
    case DependencyCondition::completed: return done;
  }
  return false;
}

void Checker::check_may_start(const std::string& name, const SpecPtr& spec) {
  check_idle(name);
  const Known& known = knowledge_.of(name);
  expect(!desired_.shutting_down, name + " is started in a shutdown");
  expect(desired(name) == spec, name + " is started by another definition than the desired one");
  expect(known.intent != Intent::stop, name + " is started against an operator's word");
  expect(wanted(name), name + " is started, but nobody wants it");
  expect(!known.alive() && !world_.processes.contains(name), name + " is started while it runs");
  expect(!world_.remains.contains(name), name + " is started over remains");
  for (const auto& [other, how] : spec->depends_on) {
    expect(met(other, how.condition),
           name + " is started, but " + other + " is not as it needs it");
  }
  check_networks(name, *spec);
  expect(knowledge_.has_files(*spec), name + " is started without a file that it needs");
  if (!known.spec || !same_definition(*known.spec, *spec)) return;
  expect(!known.fell || !knowledge_.is_damped(name, *spec, now_),
         name + " is started again too soon for its files");
  if (knowledge_.content_cost(name, *spec) != Cost::none) return;
  expect(!known.down_for_good, name + " is started, but it had its run");
  expect(now_ >= known.not_before, name + " is started before its backoff is over");
}

void Checker::check_deed(const std::string& name, const action::CreateSandbox& deed) {
  check_may_start(name, deed.spec);
  expect(!world_.sandboxes.contains(name), name + ": a second sandbox");
}

void Checker::check_deed(const std::string& name, const action::Launch& deed) {
  check_may_start(name, deed.spec);
  const SpecPtr sandbox = find_or_null(world_.sandboxes, name);
  expect(sandbox != nullptr, name + " is launched without a sandbox");
  expect(!sandbox || !difference(*sandbox, *deed.spec).sandbox,
         name + " is launched in an old sandbox");
  const SpecPtr root = find_or_null(world_.roots, name);
  expect(!root || !difference(*root, *deed.spec).root, name + " is launched over an old root");
  for (const auto& [other, known] : knowledge_.all()) {
    expect(known.launch_id < deed.launch_id, name + ": launch ids do not grow");
  }
}

bool Checker::wanted(const std::string& name) const {
  if (desired_.shutting_down) return false;
  const SpecPtr spec = desired(name);
  const Intent intent = knowledge_.of(name).intent;
  if (!spec || intent == Intent::stop) return false;
  if (intent == Intent::run || spec->autostart) return true;
  return std::ranges::any_of(desired_.containers, [&](const auto& entry) {
    return entry.second->depends_on.contains(name) && entry.first != name && wanted(entry.first);
  });
}

// --- stopping

bool Checker::is_to_go(const std::string& name) const {
  return desired_.shutting_down || !desired(name) || knowledge_.of(name).intent == Intent::stop ||
         !wanted(name);
}

void Checker::check_stop_has_cause(const std::string& name, const action::Stop& deed) {
  const Known& known = knowledge_.of(name);
  if (deed.unhealthy) {
    expect(known.ever_failed && known.spec->healthcheck.on_failure == HealthAction::restart,
           name + " is stopped for its health without reason");
    return;
  }
  if (is_to_go(name) || known.restart_asked) return;
  const SpecPtr wanted_spec = desired(name);
  const bool for_definition = difference(*known.spec, *wanted_spec).cost >= Cost::restart ||
                              knowledge_.content_cost(name, *wanted_spec) >= Cost::restart;
  const bool checked = known.checked && same_definition(*known.checked, *wanted_spec);
  if (for_definition && checked) {
    return expect(!knowledge_.is_damped(name, *wanted_spec, now_),
                  name + " is stopped again too soon for its files");
  }
  for (const auto& [other, how] : known.spec->depends_on) {
    if (how.restart) return;
  }
  for (const NetworkAttachment& attachment : attachments_of(*known.spec)) {
    const NetworkPtr there = find_or_null(world_.networks, attachment.name);
    const NetworkPtr want = find_or_null(desired_.networks, attachment.name);
    if (there && want && there->subnet != want->subnet) return;
  }
  expect(!for_definition, name + " is stopped for a definition without a check that succeeded");
  expect(for_definition, name + " is stopped without cause");
}

bool Checker::depends(const std::string& name, const std::string& on,
                      std::set<std::string>& seen) const {
  if (!seen.insert(name).second) return false;
  const Known& known = knowledge_.of(name);
  if (!known.alive()) return false;
  return std::ranges::any_of(known.spec->depends_on, [&](const auto& dependency) {
    return dependency.first == on || depends(dependency.first, on, seen);
  });
}

bool Checker::goes_with(const std::string& name, const std::string& dependency) const {
  for (const SpecPtr& spec : {desired(name), knowledge_.of(name).spec}) {
    const auto found = spec->depends_on.find(dependency);
    if (found == spec->depends_on.end() || !found->second.restart) return false;
  }
  return true;
}

void Checker::check_stop_order(const std::string& name, const action::Stop& deed) {
  for (const auto& [other, known] : knowledge_.all()) {
    if (other == name || !known.alive() || !known.spec) continue;
    const auto edge = known.spec->depends_on.find(name);
    if (edge == known.spec->depends_on.end()) continue;
    const bool goes_too = is_to_go(other) || (goes_with(other, name) && !deed.unhealthy);
    std::set<std::string> seen;
    const bool cycle = goes_too && depends(name, other, seen);
    expect(!goes_too || cycle, name + " is stopped before its dependant " + other);
  }
}

void Checker::check_deed(const std::string& name, const action::Stop& deed) {
  const Known& known = knowledge_.of(name);
  expect(known.running && known.launch_id == deed.launch_id, name + ": stopped what does not run");
  expect(!known.stop_sent_at, name + " is told to stop twice");
  if (problem) return;
  check_idle(name);
  check_stop_has_cause(name, deed);
  check_stop_order(name, deed);
}

void Checker::check_deed(const std::string& name, const action::Kill& deed) {
  const Known& known = knowledge_.of(name);
  expect(known.running && known.launch_id == deed.launch_id, name + ": killed what does not run");
  expect(known.stop_sent_at.has_value(), name + " is killed without being told to stop");
  if (problem) return;
  check_idle(name);
  if (known.kill_sent_at) {
    expect(now_ >= *known.kill_sent_at + kKillInterval, name + " is killed again too soon");
  } else {
    expect(now_ >= *known.stop_sent_at + known.spec->stop_timeout, name + " is killed too soon");
  }
}

// --- the rest

void Checker::check_deed(const std::string& name, const action::CleanUp& deed) {
  check_idle(name);
  const Known& known = knowledge_.of(name);
  expect(!known.alive() && known.launch_id == deed.launch_id,
         name + " is cleaned up while it runs");
  expect(world_.remains.contains(name), name + " is cleaned up twice");
}

void Checker::check_deed(const std::string& name, const action::RemoveSandbox& deed) {
  check_idle(name);
  const Known& known = knowledge_.of(name);
  expect(!known.alive() && !world_.remains.contains(name), name + " loses its sandbox in use");
  expect(!deed.for_good || !wanted(name) || known.down_for_good,
         name + " loses its sandbox, but is to start");
}

void Checker::check_deed(const std::string& name, const action::Update& deed) {
  check_idle(name);
  const Known& known = knowledge_.of(name);
  expect(known.running && known.launch_id == deed.launch_id, name + ": updated without a process");
  expect(desired(name) == deed.spec, name + " is updated to an old definition");
  expect(!known.spec || difference(*known.spec, *deed.spec).cost <= Cost::live,
         name + " is updated with keys that ask for a restart");
}

void Checker::check_deed(const std::string& name, const action::Reload& deed) {
  check_idle(name);
  const Known& known = knowledge_.of(name);
  const auto process = world_.processes.find(name);
  expect(known.running && known.launch_id == deed.launch_id && !known.stop_sent_at,
         name + ": told to reload what does not run");
  const SpecPtr spec = known.spec;
  expect(spec && spec->update.reload == deed.signal, name + " is told to reload by another signal");
  expect(!deed.files.empty(), name + " is told to reload for nothing");
  if (problem || process == world_.processes.end()) return;
  for (const auto& [path, content] : deed.files) {
    expect(std::ranges::find(spec->update.watch, path) != spec->update.watch.end(),
           name + " is told to reload a file that it does not watch");
    const auto has = process->second.files.find(path);
    expect(has == process->second.files.end() || has->second != content,
           name + " is told to reload what it has");
  }
}

void Checker::check_deed(const std::string&, const action::WatchFiles& deed) {
  expect(!desired_.shutting_down || deed.paths.empty(), "files are watched in a shutdown");
}

void Checker::check_deed(const std::string&, const action::WatchUnits& deed) {
  expect(!desired_.shutting_down || deed.units.empty(), "units are watched in a shutdown");
}

void Checker::check_deed(const std::string& name, const action::StartUnit&) {
  expect(!desired_.shutting_down, name + " is started in a shutdown");
  expect(!knowledge_.units_under_way.contains(name), name + " is started twice at a time");
  const auto told = knowledge_.units.find(name);
  expect(told != knowledge_.units.end() && (told->second.activity == UnitActivity::inactive ||
                                            told->second.activity == UnitActivity::failed),
         name + " is started, but is not known to be down");
  const auto early = knowledge_.unit_not_before.find(name);
  expect(early == knowledge_.unit_not_before.end() || now_ >= early->second,
         name + " is started again at once");
  const bool needed = std::ranges::any_of(desired_.containers, [&](const auto& entry) {
    const auto how = entry.second->depends_on.find(name);
    return how != entry.second->depends_on.end() && wanted(entry.first) &&
           !unit_met(name, how->second.condition) &&
           (!knowledge_.of(entry.first).alive() ||
            knowledge_.of(entry.first).spec != entry.second ||
            knowledge_.content_cost(entry.first, *entry.second) >= Cost::restart);
  });
  expect(needed, name + " is started, but no container waits for it");
}

void Checker::check_deed(const std::string& name, const action::Check& deed) {
  expect(knowledge_.of(name).running, name + ": checked, but it does not run");
  expect(desired(name) == deed.spec, name + ": another definition is checked than the desired one");
}

void Checker::check_deed(const std::string& name, const action::RemoveRoot& deed) {
  check_idle(name);
  expect(!knowledge_.of(name).alive() && !world_.remains.contains(name),
         name + " loses its root in use");
  expect(!desired_.shutting_down, name + " loses its root in a shutdown");
  const SpecPtr wanted_spec = desired(name);
  if (deed.everything) {
    expect(!wanted_spec && !world_.sandboxes.contains(name), name + " is forgotten too soon");
    return;
  }
  const SpecPtr root = find_or_null(world_.roots, name);
  expect(wanted_spec && root && difference(*root, *wanted_spec).root,
         name + " loses its root without cause");
}

void Checker::check_deed(const std::string& name, const action::Probe& deed) {
  const Known& known = knowledge_.of(name);
  expect(known.running && known.launch_id == deed.launch_id && !known.stop_sent_at,
         name + ": probed what does not run");
  expect(known.probing != deed.launch_id, name + " is probed twice at a time");
}

// --- at rest

bool Checker::should_be_up(const std::string& name) const {
  if (!wanted(name)) return false;
  const SpecPtr spec = desired(name);
  for (const FileReference& reference : file_references(*spec)) {
    if (reference.needed() && !world_.files.contains(reference.path)) return false;
  }
  return std::ranges::all_of(spec->depends_on, [&](const auto& dependency) {
    if (names_unit(dependency.first)) return true;  // whatever became of it, it can be started
    const SpecPtr other = desired(dependency.first);
    if (!other || !should_be_up(dependency.first)) return false;
    const bool oneshot = other->type == ContainerType::oneshot;
    switch (dependency.second.condition) {
      case DependencyCondition::started: return true;
      case DependencyCondition::healthy: return !oneshot;
      case DependencyCondition::completed: return oneshot;
    }
    return false;
  });
}

void Checker::check_content(const std::string& name, const ContainerSpec& spec) {
  const auto process = world_.processes.find(name);
  if (process == world_.processes.end()) return;
  for (const FileReference& reference : file_references(spec)) {
    const auto has = process->second.files.find(reference.path);
    const auto there = world_.files.find(reference.path);
    if (has == process->second.files.end() || there == world_.files.end()) continue;
    expect(has->second == there->second, name + " runs with an old " + reference.path);
  }
}

void Checker::check_rest(const ObservedState& observed) {
  for (const auto& [name, spec] : desired_.containers) {
    if (!should_be_up(name)) continue;
    const auto found = observed.containers.find(name);
    expect(found != observed.containers.end(), name + " was never started");
    if (problem) return;
    const ObservedContainer& container = found->second;
    const bool oneshot = spec->type == ContainerType::oneshot;
    expect(
        oneshot ? container.completed : container.phase == Phase::ready,
        name + " is not up but " + std::string(name_of(container.phase)) + " " + container.error);
    expect(oneshot || (container.spec && same_definition(*container.spec, *spec)),
           name + " runs by an old definition");
    expect(oneshot || world_.processes.contains(name), name + " has no process");
    const bool hook_failed = oneshot && container.error.ends_with(kHookFailed);
    expect(container.error.empty() || hook_failed,
           name + " is well, but has the error " + container.error);
    check_content(name, *spec);
  }
  for (const auto& [name, process] : world_.processes) {
    expect(wanted(name), name + " runs, but nobody wants it");
  }
  for (const auto& [name, spec] : world_.sandboxes) {
    expect(wanted(name), name + " has a sandbox, but nobody wants it");
  }
  for (const auto& [name, spec] : world_.roots) {
    expect(desired(name) != nullptr, name + " has a root, but no definition");
  }
  for (const auto& [name, container] : observed.containers) {
    expect(desired(name) != nullptr, name + " is not forgotten");
    expect(!container.busy, name + " is busy at rest");
  }
  expect(world_.view == observed.view, "the view is not what was applied");
}

void Checker::check_gone() {
  expect(world_.processes.empty(), "a process is left");
  expect(world_.sandboxes.empty(), "a sandbox is left");
  expect(world_.networks.empty(), "a network is left");
  expect(world_.remains.empty(), "remains are left");
  expect(world_.view == NetworkView(), "rules or names are left");
}

}  // namespace berth::simulation
