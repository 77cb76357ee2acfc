// What `berth plan` looks at on this host: the paths and ports that definitions need.
#pragma once

#include <vector>

#include "supervisor/model/diagnostic.h"
#include "supervisor/plan/state.h"

namespace berth::cli {

// An error for each path that is not there, and for each published port that a program of the host
// listens on. A path that cannot be looked at (no permission) says nothing. May hang with its
// paths.
std::vector<Diagnostic> check_host(const std::vector<SpecPtr>& specs);

}  // namespace berth::cli
