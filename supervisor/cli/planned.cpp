#include "supervisor/cli/planned.h"

#include <algorithm>

namespace berth::cli {

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
  planned.preview = preview(state.desired, planned.after, state.observed, state.now);
  planned.after.generation = planned.preview.generation_after;
  return planned;
}

bool has_error(const std::vector<Diagnostic>& problems) {
  return std::ranges::any_of(
      problems, [](const Diagnostic& problem) { return problem.severity == Severity::error; });
}

}  // namespace berth::cli
