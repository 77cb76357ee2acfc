#include "supervisor/daemon/keeper_link.h"

#include <cerrno>
#include <cstddef>
#include <span>

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "supervisor/daemon/log.h"

namespace berth::daemon {

namespace {

using Kind = handoff::KeeperMessage::Kind;

// Messages taken in one go, so that a flood of exits does not hold the loop.
constexpr int kBatch = 64;

}  // namespace

Result<KeeperLink> KeeperLink::open() {
  int type = 0;
  socklen_t size = sizeof type;
  if (::getsockopt(handoff::kKeeperFd, SOL_SOCKET, SO_TYPE, &type, &size) != 0 ||
      type != SOCK_SEQPACKET) {
    return fail("the worker is started by berthd itself, not by hand");
  }
  KeeperLink link;
  link.socket_ = handoff::kKeeperFd;
  ::fcntl(handoff::kKeeperFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(handoff::kKeeperFd, F_SETFL, O_NONBLOCK);
  return link;
}

std::optional<KeeperLink::Received> KeeperLink::wait() {
  for (;;) {
    Received next;
    auto received = handoff::receive_message(
        fd(), std::as_writable_bytes(std::span(&next.message, std::size_t{1})));
    if (!received || (!received->would_block && received->size != sizeof next.message)) {
      return std::nullopt;
    }
    if (!received->would_block) {
      if (!received->fds.empty()) next.fd = std::move(received->fds.front());
      return next;
    }
    pollfd poll{fd(), POLLIN, 0};
    if (::poll(&poll, 1, -1) < 0 && errno != EINTR) return std::nullopt;
  }
}

std::vector<KeeperLink::Received> KeeperLink::receive(bool& gone) {
  std::vector<Received> all;
  for (int i = 0; i < kBatch; ++i) {
    Received next;
    auto received = handoff::receive_message(
        fd(), std::as_writable_bytes(std::span(&next.message, std::size_t{1})));
    if (received && received->would_block) break;
    if (!received || received->size != sizeof next.message) {
      gone = true;
      break;
    }
    if (!received->fds.empty()) next.fd = std::move(received->fds.front());
    all.push_back(std::move(next));
  }
  return all;
}

void KeeperLink::want_launcher() { send(Kind::want_launcher, 0); }
void KeeperLink::replace_launcher(std::uint64_t number) { send(Kind::replace_launcher, number); }
void KeeperLink::drop(std::uint64_t id) { send(Kind::drop, id); }
void KeeperLink::finished() { send(Kind::finished, 0); }
void KeeperLink::alive() { send(Kind::alive, 0); }
void KeeperLink::reexec() { send(Kind::reexec, 0); }

void KeeperLink::hold(std::uint64_t id, handoff::HeldKind kind, int fd) {
  send({.kind = Kind::hold, .held = kind, .id = id}, std::span(&fd, 1));
}

void KeeperLink::send(Kind kind, std::uint64_t id) { send({.kind = kind, .id = id}, {}); }

void KeeperLink::send(const handoff::KeeperMessage& message, std::span<const int> fds) {
  for (;;) {
    const auto sent = handoff::send(fd(), message, fds);
    if (sent) return;
    if (sent.error().code != EAGAIN) {
      log::error("cannot tell the keeper", {{"error", sent.error().message()}});
      return;
    }
    // Its queue is full for a moment; it reads whatever happens, so this wait is short.
    pollfd poll{fd(), POLLOUT, 0};
    ::poll(&poll, 1, 1000);
  }
}

}  // namespace berth::daemon
