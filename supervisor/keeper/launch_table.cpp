#include "supervisor/keeper/launch_table.h"

#include <algorithm>

#include <unistd.h>

namespace berth::keeper {

using State = Entry::State;

Entry* LaunchTable::find(std::uint64_t id) noexcept {
  for (Entry& entry : entries_) {
    if (entry.state != State::free && entry.id == id) return &entry;
  }
  return nullptr;
}

Entry* LaunchTable::find_or_add(std::uint64_t id) noexcept {
  if (Entry* known = find(id)) return known;
  for (Entry& entry : entries_) {
    if (entry.state != State::free) continue;
    entry = {};
    entry.id = id;
    entry.become(State::known);
    return &entry;
  }
  return nullptr;
}

void LaunchTable::record_exit(pid_t pid, int code, int status) noexcept {
  for (Entry& entry : entries_) {
    if (entry.state != State::lives || entry.pid != pid || entry.orphan()) continue;
    entry.code = code;
    entry.status = status;
    entry.become(State::ended);
    of(entry).tell_process = untold = true;
    return;
  }
  unknown_[next_unknown_] = {pid, code, status};
  next_unknown_ = (next_unknown_ + 1) % unknown_.size();
}

void LaunchTable::register_process(Entry& launch, pid_t pid, std::uint64_t start_time,
                                   bool reaped) noexcept {
  launch.pid = pid;
  launch.start_time = start_time;
  launch.become(State::lives);
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

void LaunchTable::record_begun(std::uint64_t id) noexcept {
  if (Entry* const launch = find(id)) launch->flags |= handoff::KeeperMessage::kBegun;
}

void LaunchTable::hold(Entry& launch, handoff::HeldKind kind, int fd) noexcept {
  const auto index = static_cast<std::size_t>(kind) - 1;
  if (index >= kHeldKinds) {
    ::close(fd);
    return;
  }
  int& held = of(launch).held[index];
  if (held >= 0) ::close(held);
  held = fd;
}

void LaunchTable::drop(Entry& launch) noexcept {
  for (const int fd : of(launch).held) {
    if (fd >= 0) ::close(fd);
  }
  of(launch) = {};
  launch.become(State::free);
}

void LaunchTable::tell_everything() noexcept {
  for (const Entry& entry : entries_) {
    Launch& launch = of(entry);
    launch.tell_process = entry.state == State::lives || entry.state == State::ended;
    for (std::size_t i = 0; i < kHeldKinds; ++i) launch.tell_held[i] = launch.held[i] >= 0;
  }
  untold = true;
}

bool LaunchTable::empty() const noexcept {
  return std::all_of(entries_.begin(), entries_.end(), [](const Entry& entry) {
    return entry.state == State::free || entry.orphan();
  });
}

}  // namespace berth::keeper
