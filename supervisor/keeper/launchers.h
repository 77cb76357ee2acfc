// The keeper's launchers: as many as are wanted, and those that were given up and are not gone yet.
#pragma once

#include <array>
#include <cstdint>
#include <optional>

#include "supervisor/base/clock.h"
#include "supervisor/keeper/child_process.h"

namespace berth::keeper {

using namespace std::chrono_literals;

inline constexpr std::size_t kMaxLaunchers = 8;    // that work
inline constexpr std::size_t kLauncherSlots = 16;  // and those that are on their way out
inline constexpr Duration kRestartDelayMin = 100ms;

struct LauncherSlot {
  ChildProcess process;
  unique_fd worker_end;  // until the worker has been told
  std::uint64_t number = 0;
  bool given_up = false;  // killed; counts no more
  bool of_earlier_worker = false;
  bool tell_gone = false;
  int status = 0;

  [[nodiscard]] bool free() const { return process.pid == 0 && !tell_gone; }
  [[nodiscard]] bool works() const { return process.pid != 0 && !given_up; }
  void give_up();
};

class Launchers {
 public:
  // A worker begins, with one.
  void begin();
  void want_one_more() noexcept;
  void start_missing(Starter& starter, Instant now);
  // When `start_missing` has something to do; none: never.
  [[nodiscard]] std::optional<Instant> due() const;

  void replace(std::uint64_t number);
  // The worker is no more: none of them may go on behind the next one's back.
  void give_up_all();
  [[nodiscard]] bool any_of_earlier_worker() const;
  [[nodiscard]] bool any() const;

  [[nodiscard]] LauncherSlot* find(pid_t pid);
  void on_end(LauncherSlot& slot, int status);
  [[nodiscard]] std::array<LauncherSlot, kLauncherSlots>& all() { return slots_; }

 private:
  [[nodiscard]] std::size_t working() const;

  std::array<LauncherSlot, kLauncherSlots> slots_;
  std::size_t wanted_ = 1;
  std::uint64_t next_number_ = 1;
  Instant start_at_;
};

}  // namespace berth::keeper
