// What a keeper hands to itself when it executes the program anew, in a memfd that stays open:
// which descriptors are held for which launch. (Everything else of a launch is in its table.)
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/unique_fd.h"
#include "supervisor/keeper/launch_table.h"

namespace berth::keeper {

struct Handover {
  struct Held {
    std::uint64_t id = 0;
    handoff::HeldKind kind{};
    int fd = -1;
  };
  bool stop_requested = false;
  int lock = -1;  // the instance's lock file, which stays locked
  std::vector<Held> held;
};

// Executes the program at `executable` with what is handed over. Returns when that fails: the
// errno, and everything is as before.
int execute_anew(const std::string& executable, std::vector<std::string> arguments,
                 const Handover& handover);

// What the process was handed by itself; `present` is false in one that was started. To be called
// once, first of all.
struct TakenHandover {
  bool present = false;
  Handover handover;
};
TakenHandover take_handover();

}  // namespace berth::keeper
