// Units of systemd that containers depend on: the nodes of the graph that are not ours. They are
// waited for, and started when a container needs them; never stopped.
#pragma once

#include <string>

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

// started: it is active, or did its work and ended well. completed: that alone.
bool is_met(const ObservedUnit& unit, DependencyCondition condition);

// The dependency with restart = true on a unit that was started anew since the container was; null:
// none. One of the definition as well as of what runs, as with containers.
const Edge* restarted_unit(const Graph& graph, const Node& node);

// "waits for systemd:srv-media.mount (inactive)"
std::string describe_unit(const Edge& edge);

// The activations of what a definition depends on, as far as they are known.
std::map<std::string, std::uint64_t> activations_of(const ContainerSpec& spec,
                                                    const ObservedState& observed);
// What a running container's definition has come to depend on, it takes as it is now.
void adopt_units(ObservedContainer& container, const ObservedState& observed);

// Which units are to be told about, and which are to be started: those that a container cannot
// start without. After decide_stops.
void plan_units(PlanBuilder& builder, const Graph& graph, const DesiredState& desired,
                const ObservedState& observed);

// "active", "inactive", …: as systemctl says it.
std::string_view name_of(UnitActivity activity);

}  // namespace berth::planning
