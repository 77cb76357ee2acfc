// What an operator who asks for a start asks for: the container, and what it depends on.
#pragma once

#include <string>
#include <vector>

#include "supervisor/plan/state.h"

namespace berth {

// The container and, before it, those of its dependencies (and theirs) that would not start by
// themselves: stopped by an operator, failed, or at rest. Each once. As systemd does for
// Requires=, asking for a start asks for these starts, too.
std::vector<std::string> start_request(const DesiredState& desired, const ObservedState& observed,
                                       const std::string& container);

}  // namespace berth
