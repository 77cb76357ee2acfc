// The plan as lines for people. Pure.
#pragma once

#include <string>
#include <vector>

#include "supervisor/cli/terminal.h"
#include "supervisor/control/status.h"

namespace berth::cli {

// "+ start web   new definition"; "~ update web  limits.memory: 64M -> 128M"; "- stop db". The
// steps on the way (sandboxes, packet rules, clean-up, probes) are shown with `all`, or when
// there is nothing else. "" for an empty plan.
std::string plan_text(const std::vector<control::PlannedAction>& plan, bool all,
                      const Terminal& terminal);

}  // namespace berth::cli
