#include "supervisor/keeper/launch_table.h"

#include <algorithm>

#include <unistd.h>

namespace berth::keeper {

Launch* LaunchTable::find(std::uint64_t id) noexcept {
  for (Launch& launch : launches_) {
    if (launch.state != Launch::State::free && launch.id == id) return &launch;
  }
  return nullptr;
}

Launch* LaunchTable::find_or_add(std::uint64_t id) noexcept {
  if (Launch* known = find(id)) return known;
  for (Launch& launch : launches_) {
    if (launch.state != Launch::State::free) continue;
    launch = {};
    launch.state = Launch::State::known;
    launch.id = id;
    return &launch;
  }
  return nullptr;
}

void LaunchTable::record_exit(pid_t pid, int code, int status) noexcept {
  for (Launch& launch : launches_) {
    if (launch.state != Launch::State::lives || launch.pid != pid) continue;
    launch.state = Launch::State::ended;
    launch.code = code;
    launch.status = status;
    launch.tell_process = untold = true;
    return;
  }
  unknown_[next_unknown_] = {pid, code, status};
  next_unknown_ = (next_unknown_ + 1) % unknown_.size();
}

void LaunchTable::register_process(Launch& launch, pid_t pid, bool reaped) noexcept {
  launch.pid = pid;
  launch.state = Launch::State::lives;
  // From the newest back: a number that was used twice is the later process's.
  for (std::size_t i = 0; i < unknown_.size(); ++i) {
    const std::size_t at = (next_unknown_ + unknown_.size() - 1 - i) % unknown_.size();
    UnknownExit& exit = unknown_[at];
    if (exit.pid != pid) continue;
    exit.pid = 0;
    if (!reaped) continue;  // an earlier process's
    record_exit(pid, exit.code, exit.status);
    return;
  }
}

void LaunchTable::hold(Launch& launch, handoff::HeldKind kind, int fd) noexcept {
  const auto index = static_cast<std::size_t>(kind) - 1;
  if (index >= kHeldKinds) {
    ::close(fd);
    return;
  }
  if (launch.held[index] >= 0) ::close(launch.held[index]);
  launch.held[index] = fd;
}

void LaunchTable::drop(Launch& launch) noexcept {
  for (const int fd : launch.held) {
    if (fd >= 0) ::close(fd);
  }
  launch = {};
}

void LaunchTable::tell_everything() noexcept {
  for (Launch& launch : launches_) {
    launch.tell_process =
        launch.state == Launch::State::lives || launch.state == Launch::State::ended;
    for (std::size_t i = 0; i < kHeldKinds; ++i) launch.tell_held[i] = launch.held[i] >= 0;
  }
  untold = true;
}

bool LaunchTable::empty() const noexcept {
  return std::all_of(launches_.begin(), launches_.end(),
                     [](const Launch& launch) { return launch.state == Launch::State::free; });
}

}  // namespace berth::keeper
