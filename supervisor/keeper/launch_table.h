// What the keeper remembers of each launch and sandbox: its process, how it ended, and the
// descriptors that are kept for it. Everything is allocated beforehand.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include <sys/types.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/keeper/table_file.h"

namespace berth::keeper {

inline constexpr std::size_t kHeldKinds = 10;  // HeldKind without `none`

struct Launch {
  static constexpr std::array<int, kHeldKinds> nothing() {
    std::array<int, kHeldKinds> fds{};
    fds.fill(-1);
    return fds;
  }
  // What the worker has not been told yet.
  bool tell_process = false;  // that it lives, or how it ended
  std::array<bool, kHeldKinds> tell_held{};
  std::array<int, kHeldKinds> held = nothing();
};

class LaunchTable {
 public:
  // The entries outlive the table, which never has more launches than there are of them.
  explicit LaunchTable(std::span<Entry> entries) : entries_(entries), launches_(entries.size()) {}

  Entry* find(std::uint64_t id) noexcept;
  // A launch of this id, new or not; nullptr when the table is full.
  Entry* find_or_add(std::uint64_t id) noexcept;

  // A process of the keeper's has ended, and is about to be reaped. An exit that no launch is
  // known for is kept for a while: `born` may still be under way.
  void record_exit(pid_t pid, int code, int status) noexcept;
  // A process belongs to this launch. When it has been reaped already, its exit is the one kept.
  void register_process(Entry& launch, pid_t pid, std::uint64_t start_time, bool reaped) noexcept;
  void record_begun(std::uint64_t id) noexcept;
  // Closes what is held. The table owns held descriptors.
  void hold(Entry& launch, handoff::HeldKind kind, int fd) noexcept;
  void drop(Entry& launch) noexcept;

  // A new worker is to hear of everything.
  void tell_everything() noexcept;

  // Of this keeper's own.
  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] std::span<Entry> all() noexcept { return entries_; }
  [[nodiscard]] Launch& of(const Entry& entry) noexcept {
    return launches_[static_cast<std::size_t>(&entry - entries_.data())];
  }
  // Something may be untold; cleared by who has told everything.
  bool untold = false;

 private:
  struct UnknownExit {
    pid_t pid = 0;
    int code = 0;
    int status = 0;
  };
  std::span<Entry> entries_;
  std::vector<Launch> launches_;  // each with the entry of its number
  std::array<UnknownExit, 256> unknown_;
  std::size_t next_unknown_ = 0;
};

}  // namespace berth::keeper
