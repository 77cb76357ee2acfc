#include "supervisor/keeper/launchers.h"

#include <algorithm>

#include <sys/socket.h>

namespace berth::keeper {

void LauncherSlot::give_up() {
  given_up = true;
  worker_end.reset();
  process.kill();
}

void Launchers::begin() {
  wanted_ = 1;
  start_at_ = {};
}

void Launchers::want_one_more() noexcept { wanted_ = std::min(wanted_ + 1, kMaxLaunchers); }

std::size_t Launchers::working() const {
  return static_cast<std::size_t>(
      std::count_if(slots_.begin(), slots_.end(), [](const auto& slot) { return slot.works(); }));
}

std::optional<Instant> Launchers::due() const {
  return working() < wanted_ ? std::optional(start_at_) : std::nullopt;
}

void Launchers::start_missing(Starter& starter, Instant now) {
  if (now < start_at_) return;
  std::size_t count = working();
  for (LauncherSlot& slot : slots_) {
    if (count >= wanted_) return;
    if (!slot.free()) continue;
    int ends[2];
    slot = {};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
      slot.worker_end.reset(ends[0]);
      const unique_fd launcher_end(ends[1]);
      slot.process = starter.start("launcher", launcher_end.get());
    }
    slot.number = next_number_++;
    if (slot.process.pid != 0) ++count;
  }
  if (count < wanted_) start_at_ = now + kRestartDelayMin;
}

void Launchers::replace(std::uint64_t number) {
  for (LauncherSlot& slot : slots_) {
    if (slot.works() && slot.number == number) slot.give_up();
  }
}

void Launchers::give_up_all() {
  for (LauncherSlot& slot : slots_) {
    slot.of_earlier_worker = true;
    slot.tell_gone = false;
    if (slot.process.pid != 0) slot.give_up();
  }
}

bool Launchers::any_of_earlier_worker() const {
  return std::any_of(slots_.begin(), slots_.end(), [](const LauncherSlot& slot) {
    return slot.of_earlier_worker && slot.process.pid != 0;
  });
}

bool Launchers::any() const {
  return std::any_of(slots_.begin(), slots_.end(),
                     [](const LauncherSlot& slot) { return slot.process.pid != 0; });
}

LauncherSlot* Launchers::find(pid_t pid) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [pid](const auto& each) { return each.process.pid == pid; });
  return slot == slots_.end() ? nullptr : &*slot;
}

void Launchers::on_end(LauncherSlot& slot, int status) {
  const Instant now = BootClock::now();
  const bool quick = now - slot.process.started < kRestartDelayMin;
  if (quick && !slot.given_up) start_at_ = now + kRestartDelayMin;
  slot.process = {};
  slot.worker_end.reset();
  slot.tell_gone = !slot.of_earlier_worker;
  slot.status = status;
}

}  // namespace berth::keeper
