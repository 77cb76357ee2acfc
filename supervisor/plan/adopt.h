// adopt: what a worker goes on from when an earlier one ended, at whatever instruction that was.
//
// The earlier one's observed state was recorded before each deed, so what it was busy with may have
// been done, half done or not begun: that is cleaned up and done anew. What runs goes on.
#pragma once

#include <cstdint>
#include <map>
#include <set>

#include "supervisor/plan/state.h"

namespace berth {

// What is there, as the keeper and the kernel tell it.
struct Found {
  struct Process {
    int pid = 0;
    bool begun = false;  // it has called execve
  };
  // The launches whose process lives, or has ended with an event::Exited that follows the adoption;
  // by launch id.
  std::map<std::uint64_t, Process> processes;
  // The sandboxes whose network namespace is at hand, by sandbox id.
  std::set<std::uint64_t> sandboxes;
};

// The ids of what is recorded and not found are not used again. Where a spec of the record is the
// definition that is in force, that is what it becomes, with its places in files.
ObservedState adopt(ObservedState recorded, const DesiredState& desired, const Found& found,
                    Instant now);

}  // namespace berth
