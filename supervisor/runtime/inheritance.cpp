#include "supervisor/runtime/inheritance.h"

#include <utility>

namespace berth::runtime {

void Inheritance::take(const handoff::KeeperMessage& message, unique_fd fd) {
  using Kind = handoff::KeeperMessage::Kind;
  Entry& entry = entries[message.id];
  if (message.kind == Kind::held) {
    entry.held[message.held] = std::move(fd);
    return;
  }
  entry.has_process = true;
  entry.pid = message.pid;
  entry.start_time = message.start_time;
  entry.begun = (message.flags & handoff::KeeperMessage::kBegun) != 0;
  entry.orphan = (message.flags & handoff::KeeperMessage::kOrphan) != 0;
  if (message.kind == Kind::exited) entry.end = ProcessEnd{message.code, message.status};
}

}  // namespace berth::runtime
