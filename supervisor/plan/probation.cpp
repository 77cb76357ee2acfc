#include "supervisor/plan/probation.h"

#include "supervisor/plan/changes.h"
#include "supervisor/plan/explain.h"
#include "supervisor/plan/schedule.h"

namespace berth {

namespace {

using Kind = ProbationVerdict::Kind;

bool asked_for(const ContainerSpec& spec, const ObservedContainer* seen) {
  if (seen != nullptr && seen->intent == Intent::stop) return false;
  return spec.autostart || (seen != nullptr && seen->intent == Intent::run);
}

std::string plight(const std::string& name, const ObservedContainer& seen,
                   const std::map<std::string, std::string>& waiting) {
  std::string text = name + " is " + std::string(name_of(seen.phase));
  const auto wait = waiting.find(name);
  if (!seen.error.empty()) {
    text += ": " + seen.error;
  } else if (wait != waiting.end()) {
    text += ", " + wait->second;
  } else if (!seen.probe_message.empty() && seen.health != Health::healthy) {
    text += ": " + seen.probe_message;
  } else if (seen.last_exit && seen.phase == Phase::backing_off) {
    text += ": " + describe(*seen.last_exit);
  }
  return text;
}

// It failed and was started again, late in the time that it had.
bool fell_lately(const Probation& probation, const ObservedContainer& seen) {
  const Instant late = probation.began + probation.length / 3 * 2;
  for (const Instant& failure : seen.failures) {
    if (failure > late) return true;
  }
  return false;
}

// It ended as it should, and a definition that asks for no new start leaves it at that.
bool ended_well(const ObservedContainer& seen, const ContainerSpec& wanted) {
  return !seen.alive() && seen.phase == Phase::stopped && (seen.resting || seen.completed) &&
         seen.last_exit && seen.last_exit->success() && seen.spec &&
         planning::changes_between(*seen.spec, wanted).cost < Cost::restart;
}

// Why it is not as it should be at the end; "" when it is.
std::string shortcoming(const Probation& probation, const std::string& name, const SpecPtr& spec,
                        const ObservedContainer* seen,
                        const std::map<std::string, std::string>& waiting,
                        const std::set<std::string>& held) {
  // Nobody asks a scheduled oneshot to run before its time, or a change to come before its window.
  const bool not_yet =
      planning::is_scheduled(*spec) && (seen == nullptr || !planning::run_is_pending(*seen));
  // A failure counts when it is this definition's, not that of the one before.
  const bool failed = seen != nullptr && seen->phase == Phase::failed;
  if (not_yet && (!failed || !planning::same(seen->spec, spec))) return "";
  if (seen != nullptr && seen->alive() && held.contains(name)) return "";
  if (seen == nullptr) return name + " did not start";
  if (ended_well(*seen, *spec)) return "";
  if (!planning::same(seen->spec, spec)) {
    const std::string text = plight(name, *seen, waiting);
    return seen->alive() ? text + " by its former definition" : text;
  }
  if (spec->type == ContainerType::oneshot) {
    const bool well = seen->completed || (seen->running() && seen->failures.empty());
    return well ? "" : plight(name, *seen, waiting);
  }
  if (seen->phase != Phase::ready) return plight(name, *seen, waiting);
  if (fell_lately(probation, *seen)) {
    return name + " does not stay up: " +
           (seen->last_exit ? describe(*seen->last_exit) : std::string("it failed again"));
  }
  return "";
}

}  // namespace

ProbationVerdict judge(const Probation& probation, const DesiredState& desired,
                       const ObservedState& observed, Instant now) {
  const bool over = now >= probation.ends();
  std::map<std::string, std::string> waiting;
  std::set<std::string> held;
  if (over) {
    waiting = waits(desired, observed, now);
    held = held_back(desired, observed, now);
  }
  for (const std::string& name : probation.containers) {
    const auto wanted = desired.containers.find(name);
    if (wanted == desired.containers.end()) continue;
    const auto found = observed.containers.find(name);
    const ObservedContainer* seen = found == observed.containers.end() ? nullptr : &found->second;
    if (!asked_for(*wanted->second, seen)) continue;
    const bool for_good = seen != nullptr && seen->phase == Phase::failed &&
                          planning::same(seen->spec, wanted->second);
    if (for_good) return {Kind::failed, plight(name, *seen, waiting)};
    if (!over) continue;
    std::string reason = shortcoming(probation, name, wanted->second, seen, waiting, held);
    if (!reason.empty()) return {Kind::failed, std::move(reason)};
  }
  return {over ? Kind::passed : Kind::pending, ""};
}

}  // namespace berth
