// Whether what a new definition needs of the host is looked at before the container is stopped for
// it: a container that runs well is never taken down for a directory that is not there.
#pragma once

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

// Asks for a check where a container would stop, had it passed. One that failed is tried again,
// after 1s, 2s, 4s, … a minute; of another definition at once. After decide_stops.
void plan_check(PlanBuilder& builder, const Node& node);

// Decides awaits_checks, once it is decided which nodes are unchecked: of containers that are
// connected by dependencies none is stopped for its new definition before all of them are looked at
// for the first time, so that they stop in order, as one change.
void group_by_checks(Graph& graph);

// "held back: web.toml:14: mounts[0].source: /srv/shop: No such file or directory". Empty: it does
// not keep running by its old definition for this reason.
std::string check_sentence(const ObservedContainer& seen, const SpecPtr& desired);

}  // namespace berth::planning
