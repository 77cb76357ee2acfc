#include "supervisor/handoff/messages.h"

#include <cstring>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

using namespace berth;
using namespace berth::handoff;

namespace {

struct Pair {
  unique_fd left, right;
  explicit Pair(int flags = 0) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | flags, 0, ends) == 0);
    left.reset(ends[0]);
    right.reset(ends[1]);
  }
};

Result<Received> receive(int socket, KeeperMessage& message) {
  return receive_message(socket, std::as_writable_bytes(std::span(&message, 1)));
}

int open_count() {
  int count = 0;
  for (int fd = 0; fd < 256; ++fd) count += ::fcntl(fd, F_GETFD) >= 0;
  return count;
}

}  // namespace

TEST_CASE("a message arrives with its descriptors, which are close-on-exec") {
  Pair pair;
  const int fds[2] = {0, 1};
  REQUIRE(send(pair.left.get(), KeeperMessage{.kind = KeeperMessage::Kind::hold, .id = 7}, fds));
  KeeperMessage message;
  const auto received = receive(pair.right.get(), message);
  REQUIRE(received.has_value());
  CHECK(received->size == sizeof(message));
  CHECK(message.id == 7);
  REQUIRE(received->fds.size() == 2);
  CHECK((::fcntl(received->fds[0].get(), F_GETFD) & FD_CLOEXEC) != 0);
}

TEST_CASE("a message that is larger than the buffer is refused, and its descriptors are closed") {
  Pair pair;
  const char large[sizeof(KeeperMessage) + 1] = {};
  const int fds[1] = {0};
  REQUIRE(send_message(pair.left.get(), std::as_bytes(std::span(large)), fds));
  KeeperMessage message;
  const int before = open_count();
  const auto received = receive(pair.right.get(), message);
  REQUIRE(!received.has_value());
  CHECK(received.error().code == EMSGSIZE);
  CHECK(open_count() == before);
}

TEST_CASE("a message with more descriptors than are allowed is refused on both sides") {
  Pair pair;
  std::vector<int> fds(kMaxFds + 1, 0);
  const KeeperMessage message;
  CHECK(send(pair.left.get(), message, fds).error().code == E2BIG);
  // Sent past our own check.
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 64)] = {};
  iovec part{const_cast<KeeperMessage*>(&message), sizeof(message)};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = control;
  header.msg_controllen = CMSG_SPACE(sizeof(int) * fds.size());
  cmsghdr* c = CMSG_FIRSTHDR(&header);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
  std::memcpy(CMSG_DATA(c), fds.data(), sizeof(int) * fds.size());
  REQUIRE(::sendmsg(pair.left.get(), &header, 0) == sizeof(message));
  KeeperMessage taken;
  const int before = open_count();
  const auto received = receive(pair.right.get(), taken);
  REQUIRE(!received.has_value());
  CHECK(received.error().code == EMSGSIZE);
  CHECK(open_count() == before);
}

TEST_CASE("nothing there, and nobody there, are told apart") {
  Pair pair(SOCK_NONBLOCK);
  KeeperMessage message;
  const auto nothing = receive(pair.right.get(), message);
  REQUIRE(nothing.has_value());
  CHECK(nothing->would_block);
  pair.left.reset();
  const auto gone = receive(pair.right.get(), message);
  REQUIRE(gone.has_value());
  CHECK(!gone->would_block);
  CHECK(gone->size == 0);
  CHECK(send(pair.right.get(), message).error().code == EPIPE);  // and no signal
}
