// The keeper's words: what a worker is told, and how everything is executed anew.
#include <cstring>
#include <span>
#include <string>

#include "supervisor/keeper/handover.h"
#include "supervisor/keeper/keeper_process.h"

namespace berth::keeper {
namespace {

using namespace std::chrono_literals;

constexpr Duration kLeavePatience = 10s;

}  // namespace

// ---- what the worker is told: all that it has not heard yet, in this order

void Keeper::tell_worker() {
  if (!worker_.socket || worker_is_full_) return;
  if (tell_crash_ && !tell(crash_)) return;
  tell_crash_ = false;
  if (table_.untold && !tell_launches()) return;
  table_.untold = false;
  if (!tell_launchers()) return;
  if (!begun_) {
    if (!may_begin() || !tell({.kind = Kind::begin})) return;
    begun_ = true;
  }
  if (tell_stop_ && tell({.kind = Kind::stop})) tell_stop_ = false;
  if (tell_leave_ && tell({.kind = Kind::leave})) tell_leave_ = false;
}

bool Keeper::tell_launches() {
  for (const Entry& entry : table_.all()) {
    Launch& launch = table_.of(entry);
    KeeperMessage message{.kind = Kind::held, .id = entry.id};
    for (std::size_t i = 0; i < kHeldKinds; ++i) {
      if (!launch.tell_held[i]) continue;
      message.held = static_cast<handoff::HeldKind>(i + 1);
      if (!tell(message, launch.held[i])) return false;
      launch.tell_held[i] = false;
    }
    if (!launch.tell_process) continue;
    const bool lives = entry.state == Entry::State::lives;
    if (!tell({.kind = lives ? Kind::running : Kind::exited,
               .id = entry.id,
               .start_time = entry.start_time,
               .pid = entry.pid,
               .code = entry.code,
               .status = entry.status,
               .flags = entry.flags})) {
      return false;
    }
    launch.tell_process = false;
  }
  return true;
}

bool Keeper::tell_launchers() {
  for (LauncherSlot& slot : launchers_.all()) {
    if (slot.tell_gone) {
      if (!tell({.kind = Kind::launcher_gone, .id = slot.number, .status = slot.status})) {
        return false;
      }
      slot.tell_gone = false;
    }
    if (!slot.works() || !slot.worker_end) continue;
    if (!tell({.kind = Kind::launcher_ready, .id = slot.number}, slot.worker_end.get())) {
      return false;
    }
    slot.worker_end.reset();
  }
  return true;
}

bool Keeper::tell(const KeeperMessage& message, int fd) {
  const std::span<const int> fds(&fd, fd >= 0 ? 1 : 0);
  const int error =
      handoff::send_raw(worker_.socket.get(), std::as_bytes(std::span(&message, 1)), fds);
  // Any other error is the worker's end, which is heard of soon.
  worker_is_full_ = error == EAGAIN;
  return error == 0;
}

// A new worker waits for the launchers of the one before it; one that hangs in the kernel is not
// waited for.
bool Keeper::may_begin() const {
  return BootClock::now() >= begin_by_ || !launchers_.any_of_earlier_worker();
}

// ---- executing everything anew

void Keeper::begin_to_leave() {
  if (finished_ || leaving_) return;
  leaving_ = tell_leave_ = true;
  leave_by_ = BootClock::now() + kLeavePatience;
  if (worker_.pid == 0) launchers_.give_up_all();
}

// Once worker and launchers have ended; who takes too long is killed.
void Keeper::leave(Instant now) {
  if (worker_.pid == 0 && !launchers_.any()) return reexecute();
  if (now < leave_by_) return;
  worker_.kill();
  launchers_.give_up_all();
  leave_by_ = now + kFinishPatience;
}

void Keeper::reexecute() {
  Handover handover{.stop_requested = stop_requested_, .lock = settings_.lock};
  for (const Entry& entry : table_.all()) {
    for (std::size_t i = 0; i < kHeldKinds; ++i) {
      const int fd = table_.of(entry).held[i];
      if (fd >= 0) handover.held.push_back({entry.id, static_cast<handoff::HeldKind>(i + 1), fd});
    }
  }
  const int error = execute_anew(settings_.executable, settings_.arguments, handover);
  const std::string why = "berthd: cannot execute " + settings_.executable + ": " +
                          ::strerror(error) + "; this version goes on\n";
  say(why);
  leaving_ = false;
  start_worker_at_ = BootClock::now();
}

}  // namespace berth::keeper
