#include "tests/simulation/defects.h"

#include <algorithm>
#include <array>
#include <utility>

#include "supervisor/plan/advance.h"

namespace berth::simulation {

namespace {

struct NamedDefect {
  Defect defect;
  std::string_view name;
};
constexpr std::array kNames{
    NamedDefect{Defect::ignore_dependencies, "ignore-dependencies"},
    NamedDefect{Defect::duplicate_launch, "duplicate-launch"},
    NamedDefect{Defect::ignore_backoff, "ignore-backoff"},
    NamedDefect{Defect::stop_all_at_once, "stop-all-at-once"},
    NamedDefect{Defect::skip_clean_up, "skip-clean-up"},
    NamedDefect{Defect::lose_exits, "lose-exits"},
    NamedDefect{Defect::ignore_operator, "ignore-operator"},
    NamedDefect{Defect::kill_early, "kill-early"},
    NamedDefect{Defect::restart_for_update, "restart-for-update"},
    NamedDefect{Defect::forget_wake, "forget-wake"},
    NamedDefect{Defect::keep_networks, "keep-networks"},
    NamedDefect{Defect::ignore_burst, "ignore-burst"},
    NamedDefect{Defect::keep_old_sandbox, "keep-old-sandbox"},
    NamedDefect{Defect::ignore_content, "ignore-content"},
    NamedDefect{Defect::reload_again, "reload-again"},
    NamedDefect{Defect::ignore_checks, "ignore-checks"},
    NamedDefect{Defect::publish_unchecked, "publish-unchecked"},
    NamedDefect{Defect::stop_for_vanished, "stop-for-vanished"},
    NamedDefect{Defect::forget_units, "forget-units"},
};

bool planned(const Plan& plan, const std::string& name) {
  return std::ranges::any_of(plan.actions,
                             [&](const Action& action) { return action.subject == name; });
}

bool networks_present(const ObservedState& observed) {
  return std::ranges::all_of(observed.networks, [](const auto& entry) {
    return entry.second.presence == Presence::present;
  });
}

// Only what waits for a dependency is missing in the plan and could be started otherwise.
void start_what_waits(Plan& plan, const DesiredState& desired, const ObservedState& observed,
                      Instant now) {
  if (desired.shutting_down || !networks_present(observed)) return;
  for (const auto& [name, spec] : desired.containers) {
    const auto found = observed.containers.find(name);
    if (found == observed.containers.end() || planned(plan, name)) continue;
    const ObservedContainer& seen = found->second;
    const bool may = !seen.busy && !seen.running() && !seen.remains && !seen.resting &&
                     seen.intent == Intent::run && seen.sandbox == Presence::absent &&
                     (!seen.next_start || *seen.next_start <= now);
    if (may) plan.actions.push_back({name, action::CreateSandbox{spec, 0}, "defect", {}});
  }
}

void stop_everything(Plan& plan, const DesiredState& desired, const ObservedState& observed) {
  if (!desired.shutting_down) return;
  for (const auto& [name, seen] : observed.containers) {
    if (!seen.running() || seen.busy || seen.stop_sent_at || planned(plan, name)) continue;
    plan.actions.push_back({name, action::Stop{seen.launch_id, Signal()}, "defect", {}});
  }
}

void publish_desired(Plan& plan, const DesiredState& desired) {
  for (Action& action : plan.actions) {
    auto* apply = std::get_if<action::ApplyView>(&action.deed);
    if (apply == nullptr) continue;
    for (PublishedPort& published : apply->view.ports) {
      const auto found = desired.containers.find(published.container);
      if (found == desired.containers.end() || found->second->ports.empty()) continue;
      published.port = found->second->ports.front();
    }
  }
}

void change_plan(Defect defect, Plan& plan, const DesiredState& desired) {
  std::vector<Action> added;
  for (Action& action : plan.actions) {
    const auto* update = std::get_if<action::Update>(&action.deed);
    if (defect == Defect::duplicate_launch && std::holds_alternative<action::Launch>(action.deed)) {
      added.push_back(action);
    }
    if (defect == Defect::restart_for_update && update) {
      action.deed = action::Stop{update->launch_id, Signal()};
    }
  }
  for (Action& action : added) plan.actions.push_back(std::move(action));
  if (defect == Defect::forget_wake) plan.wake_at.reset();
  if (defect == Defect::publish_unchecked) publish_desired(plan, desired);
  if (defect == Defect::keep_networks) {
    std::erase_if(plan.actions, [](const Action& action) {
      return std::holds_alternative<action::RemoveNetwork>(action.deed);
    });
  }
}

void change_view_of(Defect defect, const DesiredState& desired, ObservedContainer& seen,
                    const std::string& name) {
  switch (defect) {
    case Defect::ignore_backoff: seen.next_start.reset(); break;
    case Defect::skip_clean_up: seen.remains = false; break;
    case Defect::ignore_operator: seen.intent = Intent::run; break;
    case Defect::kill_early:
      if (seen.stop_sent_at) *seen.stop_sent_at -= std::chrono::hours(1);
      break;
    case Defect::ignore_burst:
      if (seen.phase == Phase::failed) seen.resting = false;
      break;
    case Defect::keep_old_sandbox:
      if (desired.containers.contains(name) && seen.sandbox_spec) {
        seen.sandbox_spec = desired.containers.at(name);
      }
      break;
    case Defect::ignore_checks:
      if (desired.containers.contains(name)) seen.checked = desired.containers.at(name);
      break;
    case Defect::ignore_content: seen.files.clear(); break;
    case Defect::reload_again:
      if (!seen.spec || !seen.spec->update.reload) break;
      for (const std::string& path : seen.spec->update.watch) seen.files[path] = "forgotten";
      break;
    default: break;
  }
}

}  // namespace

std::span<const Defect> all_defects() {
  static const auto kDefects = [] {
    std::array<Defect, kNames.size()> defects{};
    std::ranges::transform(kNames, defects.begin(), &NamedDefect::defect);
    return defects;
  }();
  return kDefects;
}

std::string_view name_of(Defect defect) {
  const auto* found = std::ranges::find(kNames, defect, &NamedDefect::defect);
  return found == kNames.end() ? "none" : found->name;
}

Plan defective_reconcile(Defect defect, const DesiredState& desired, const ObservedState& observed,
                         Instant now) {
  if (defect == Defect::none) return reconcile(desired, observed, now);
  ObservedState seen = observed;
  for (auto& [name, container] : seen.containers) {
    change_view_of(defect, desired, container, name);
  }
  for (auto& [path, file] : seen.files) {
    if (defect == Defect::stop_for_vanished && !file.error.empty()) file = FileState{"gone", ""};
  }
  for (auto& [name, unit] : seen.units) {
    if (defect != Defect::forget_units) continue;
    unit.state = UnitState{.activity = UnitActivity::active, .completed = true};
  }
  Plan plan = reconcile(desired, seen, now);
  change_plan(defect, plan, desired);
  if (defect == Defect::ignore_dependencies) start_what_waits(plan, desired, observed, now);
  if (defect == Defect::stop_all_at_once) stop_everything(plan, desired, observed);
  return plan;
}

ObservedState defective_advance(Defect defect, Random& random, ObservedState observed,
                                const Event& event, Instant now) {
  const bool lost = defect == Defect::lose_exits && std::holds_alternative<event::Exited>(event) &&
                    random.chance(10);
  return lost ? observed : advance(std::move(observed), event, now);
}

}  // namespace berth::simulation
