// update.window: the times at which a changed definition may take a running container down.
#pragma once

#include <optional>
#include <string>

#include "supervisor/plan/graph.h"

namespace berth::planning {

// When a container may be taken down for its new definition. `opens` without a value and not open:
// never, as far as can be told (no clock, no zone, or a clock that stands).
struct WindowState {
  bool open = true;
  std::optional<Instant> opens;
  std::optional<WallTime> opens_at;
  const TimeWindow* next = nullptr;  // the one that opens then, or the first
};
WindowState window_state(const ContainerSpec& spec, const WallClockPtr& clock, Instant now);

// Decides held_back of every node: it runs by an old definition, the new one asks for a restart,
// and no window is open. After decide_wanted.
void decide_windows(Graph& graph, const WallClockPtr& clock, Instant now);

// Of a container that is held back: the definition that it can run by already, with the values of
// the new one in all keys that a running process can take. Null when nothing of it differs.
SpecPtr live_part(const Node& node);

// "waits for its update window, Sun 02:00-04:00 (in 3 days)"
std::string window_sentence(const Node& node, const WallClockPtr& clock, Instant now);

}  // namespace berth::planning
