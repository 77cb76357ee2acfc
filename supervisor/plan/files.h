// The files of the host that definitions refer to: their content is part of what is desired.
//
// What differs from the last start asks for a restart, or for a reload where only watched files
// differ. A file that cannot be read holds back a start, but never ends what runs.
#pragma once

#include <map>
#include <string>

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

using Files = std::map<std::string, FileState>;
using Digests = std::map<std::string, std::string>;

// Fills in content, lacks and misses of a node with a definition.
void compare_files(Node& node, const Files& files);

// The digests of what a definition refers to, as far as they can be read.
Digests digests_of(const ContainerSpec& spec, const Files& files);
// Whether a file that both know has another content.
bool differ(const Digests& before, const Digests& after);
// What a running container's definition has come to watch, it takes as it is now.
void adopt_files(ObservedContainer& container, const Files& files);

void plan_files(PlanBuilder& builder, const DesiredState& desired, const ObservedState& observed);

}  // namespace berth::planning
