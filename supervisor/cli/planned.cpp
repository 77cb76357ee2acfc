#include "supervisor/cli/planned.h"

#include <algorithm>
#include <set>

#include "supervisor/base/zone_file.h"

namespace berth::cli {

namespace {

// The clock with the time zones that the definitions name; of one that cannot be read, none.
WallClockPtr with_zones(const WallClockPtr& clock, const DesiredState& desired) {
  if (!clock) return nullptr;
  std::set<std::string> names{""};
  for (const auto& [unused, spec] : desired.containers) {
    for (const Calendar& calendar : spec->schedule) names.insert(calendar.zone);
    for (const TimeWindow& window : spec->update.window) names.insert(window.zone);
  }
  WallClock complete = *clock;
  for (const std::string& name : names) {
    auto rules = name.empty() ? load_local_zone() : load_zone(name);
    if (rules) complete.zones[name] = std::make_shared<const ZoneRules>(*std::move(rules));
  }
  return std::make_shared<const WallClock>(std::move(complete));
}

}  // namespace

Planned plan_against(const SavedState& state, const definition::Snapshot& files) {
  definition::LoadedSet loaded = definition::load(files, &state.settings);
  // A checkout seldom has the host's settings in it.
  if (files.host.empty()) loaded.as_one = state.settings.apply == ApplyMode::set;
  const definition::AcceptedSet before{.containers = state.desired.containers,
                                       .networks = state.desired.networks};
  definition::AcceptedSet accepted = definition::accept(loaded, before);

  Planned planned;
  planned.held_back = accepted.held_back;
  planned.problems = std::move(accepted.problems);
  planned.after = state.desired;
  planned.after.containers = std::move(accepted.containers);
  planned.after.networks = std::move(accepted.networks);
  ObservedState observed = state.observed;
  observed.wall = with_zones(observed.wall, planned.after);
  planned.preview = preview(state.desired, planned.after, observed, state.now);
  planned.after.generation = planned.preview.generation_after;
  return planned;
}

bool has_error(const std::vector<Diagnostic>& problems) {
  return std::ranges::any_of(
      problems, [](const Diagnostic& problem) { return problem.severity == Severity::error; });
}

}  // namespace berth::cli
