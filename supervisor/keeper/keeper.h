// The keeper: the main process of berthd, parent of the worker, of the launchers and of every
// container. It keeps containers' exits and descriptors whatever happens to the worker, starts
// the worker again when it dies or hangs, and decides nothing else. SIGTERM and SIGINT stop
// everything in order; SIGHUP has all of berthd execute the program that is on the disk now, while
// containers run.
#pragma once

#include <string>
#include <vector>

#include "supervisor/keeper/child_process.h"
#include "supervisor/keeper/handover.h"

namespace berth::keeper {

struct KeeperSettings {
  std::vector<std::string> arguments;  // for worker and launchers, after their role's name
  std::string table;                   // where launches are kept for the next keeper (table_file.h)
  std::string executable;              // what SIGHUP executes, with the arguments
  TakenHandover taken;                 // from take_handover()
  int lock = -1;                       // to be handed over; stays the caller's
  Become become = execute;
};

// Runs until the worker has stopped everything (0), or has ended before it ever said anything: its
// exit status. The caller is single-threaded; 0, 1 and 2 are opened on /dev/null where they are
// closed.
int run_keeper(const KeeperSettings& settings);

}  // namespace berth::keeper
