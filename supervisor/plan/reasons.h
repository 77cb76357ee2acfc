// The sentences that say why: for `berth plan`, log lines and the `error` of a status.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/keys.h"
#include "supervisor/plan/graph.h"

namespace berth::planning {

// "limits.memory: 64M -> 128M, restart.delay: unset -> 1s and 2 more"
std::string summary(const std::vector<KeyChange>& changes);

std::string stop_reason(const Graph& graph, const Node& node);
// Of CreateSandbox and Launch: "new definition", "exit code 1, attempt 3", "operator".
std::string start_reason(const Graph& graph, const Node& node);
std::string clean_up_reason(const Node& node);
// Why a container that does not run keeps nothing: "definition removed", "completed".
std::string rest_reason(const Node& node, bool shutting_down);

}  // namespace berth::planning
