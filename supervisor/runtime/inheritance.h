// Inheritance: what the keeper has of a worker that is no more, as it tells it to the next one.
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/messages.h"

namespace berth::runtime {

// As waitid tells it.
struct ProcessEnd {
  int code = 0;    // CLD_EXITED, CLD_KILLED, CLD_DUMPED
  int status = 0;  // exit code or signal
};

struct Inheritance {
  struct Entry {
    bool has_process = false;
    bool begun = false;   // it has called execve
    bool orphan = false;  // no child of this keeper
    int pid = 0;
    std::uint64_t start_time = 0;  // in clock ticks since the boot
    std::optional<ProcessEnd> end;
    std::map<handoff::HeldKind, unique_fd> held;  // duplicates: the keeper goes on holding its own
  };
  std::map<std::uint64_t, Entry> entries;  // by launch or sandbox id

  // A message of the kinds running, exited or held.
  void take(const handoff::KeeperMessage& message, unique_fd fd);
};

}  // namespace berth::runtime
