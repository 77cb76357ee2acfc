// Damping: a container that itself changes a file that it is restarted for, or whose file changes
// again and again, is restarted with the delays of its restart policy between the restarts.
#pragma once

#include <optional>

#include "supervisor/plan/graph.h"

namespace berth::planning {

// A start for nothing but other content of files begins. When it follows others like it, each
// within reset_after, it is counted.
void count_content_start(ObservedContainer& container, const ContainerSpec& spec, Instant now);

// The definition is the same as at the last start; only files have other content.
bool renewed_by_content_alone(const Node& node);

// The instant before which other content of files starts nothing; none: it may at once. Changed
// definitions, and operators, never wait for it.
std::optional<Instant> damped_until(const Node& node, Instant now);

// Decides damped_until of every node. After decide_wanted.
void decide_damping(Graph& graph, Instant now);

}  // namespace berth::planning
