// Probation: whether the changed containers of a new generation got ready in the time they have.
// Pure. What follows from a failure (the generation before comes back) is the daemon's.
#pragma once

#include <set>
#include <string>

#include "supervisor/plan/state.h"

namespace berth {

struct Probation {
  std::set<std::string> containers;  // those that the generation added or changed, by any key
  Instant began{};
  Duration length{};  // rollback_after
  [[nodiscard]] Instant ends() const { return began + length; }
};

struct ProbationVerdict {
  enum class Kind { pending, passed, failed } kind = Kind::pending;
  std::string reason;  // of a failure: "web is backing-off: exit code 3"
  bool operator==(const ProbationVerdict&) const = default;
};

// Judged at the end of the time, so that a container that is ready for a moment and falls over
// again does not pass; at once when one has failed for good, for it would not come back.
//
// At the end, each container has to run by its new definition and be ready, or have ended well; and
// it must not have started anew by itself in the last third of the time. Not asked for: containers
// that are gone from the definitions, that an operator stopped, and, unless an operator started
// them, those with autostart = false. Oneshots that still run may go on.
ProbationVerdict judge(const Probation& probation, const DesiredState& desired,
                       const ObservedState& observed, Instant now);

}  // namespace berth
