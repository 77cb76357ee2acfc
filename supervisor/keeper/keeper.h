// The keeper: the main process of berthd, parent of the worker, of the launchers and of every
// container. It keeps containers' exits and descriptors whatever happens to the worker, starts
// the worker again when it dies, and decides nothing else.
#pragma once

#include <string>
#include <vector>

#include "supervisor/keeper/child_process.h"

namespace berth::keeper {

// Runs until the worker has stopped everything (0), or has ended before it ever said anything: its
// exit status. `arguments` are handed to worker and launchers after their role's name. The caller
// is single-threaded; 0, 1 and 2 are opened on /dev/null where they are closed.
int run_keeper(const std::vector<std::string>& arguments, Become become = execute);

}  // namespace berth::keeper
