// Which containers are wanted.
#pragma once

#include "supervisor/plan/graph.h"

namespace berth::planning {

// Wanted is what has a definition and either an operator's word to run, or autostart and no word
// to stop; and, unless an operator stopped it, what a wanted container depends on. Nothing is
// wanted in a shutdown. Fills in wanted, needed_by, renewed, rests and will_run of every node.
void decide_wanted(Graph& graph, bool shutting_down);

}  // namespace berth::planning
