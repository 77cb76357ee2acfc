// KeeperLink: the worker's connection to the keeper.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/messages.h"

namespace berth::daemon {

class KeeperLink {
 public:
  struct Received {
    handoff::KeeperMessage message;
    unique_fd fd;
  };

  // Takes the socket at handoff::kKeeperFd.
  static Result<KeeperLink> open();

  [[nodiscard]] int fd() const { return socket_; }

  // Waits for the next message; none when the keeper is gone.
  std::optional<Received> wait();
  // The messages that are there now; `gone` is set when the keeper is no more.
  std::vector<Received> receive(bool& gone);

  void want_launcher();
  void replace_launcher(std::uint64_t number);
  void drop(std::uint64_t id);
  // Has it hold a duplicate of the descriptor under (id, kind), for the next worker.
  void hold(std::uint64_t id, handoff::HeldKind kind, int fd);
  void finished();
  void alive();
  // Has all of berthd execute the program that is on the disk now.
  void reexec();

 private:
  void send(handoff::KeeperMessage::Kind kind, std::uint64_t id);
  void send(const handoff::KeeperMessage& message, std::span<const int> fds);
  // Never closed here: it closes with the process, and that is what ends a worker for the keeper.
  int socket_ = -1;
};

}  // namespace berth::daemon
