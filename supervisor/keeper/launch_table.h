// What the keeper remembers of each launch and sandbox: its process, how it ended, and the
// descriptors that are kept for it. Everything is allocated beforehand.
#pragma once

#include <array>
#include <cstdint>

#include <sys/types.h>

#include "supervisor/handoff/messages.h"

namespace berth::keeper {

inline constexpr std::size_t kMaxLaunches = 4096;
inline constexpr std::size_t kHeldKinds = 10;  // HeldKind without `none`

struct Launch {
  static constexpr std::array<int, kHeldKinds> nothing() {
    std::array<int, kHeldKinds> fds{};
    fds.fill(-1);
    return fds;
  }
  enum class State : std::uint8_t { free, known, lives, ended };
  State state = State::free;  // known: something is held for it, and it has no process (yet)
  // What the worker has not been told yet.
  bool tell_process = false;  // that it lives, or how it ended
  std::array<bool, kHeldKinds> tell_held{};
  std::array<int, kHeldKinds> held = nothing();
  std::uint64_t id = 0;
  pid_t pid = 0;
  int code = 0;  // si_code and si_status, once it has ended
  int status = 0;
};

class LaunchTable {
 public:
  Launch* find(std::uint64_t id) noexcept;
  // A launch of this id, new or not; nullptr when the table is full.
  Launch* find_or_add(std::uint64_t id) noexcept;

  // A process of the keeper's has ended, and is about to be reaped. An exit that no launch is
  // known for is kept for a while: `born` may still be under way.
  void record_exit(pid_t pid, int code, int status) noexcept;
  // `pid` belongs to this launch. When it has been reaped already, its exit is the one kept.
  void register_process(Launch& launch, pid_t pid, bool reaped) noexcept;
  // Closes what is held. The table owns held descriptors.
  void hold(Launch& launch, handoff::HeldKind kind, int fd) noexcept;
  void drop(Launch& launch) noexcept;

  // A new worker is to hear of everything.
  void tell_everything() noexcept;

  [[nodiscard]] bool empty() const noexcept;
  [[nodiscard]] std::array<Launch, kMaxLaunches>& all() noexcept { return launches_; }
  // Something may be untold; cleared by who has told everything.
  bool untold = false;

 private:
  struct UnknownExit {
    pid_t pid = 0;
    int code = 0;
    int status = 0;
  };
  std::array<Launch, kMaxLaunches> launches_;
  std::array<UnknownExit, 256> unknown_;
  std::size_t next_unknown_ = 0;
};

}  // namespace berth::keeper
