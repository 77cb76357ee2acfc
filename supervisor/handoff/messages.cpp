// Sending and receiving messages with descriptors over SOCK_SEQPACKET.
#include "supervisor/handoff/messages.h"

#include <cstring>

#include <sys/socket.h>

namespace berth::handoff {
namespace {

// One control buffer, aligned as the kernel wants it.
union Control {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int) * kMaxFds)];
};

void take_fds(msghdr& message, RawReceived& received) noexcept {
  for (cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = CMSG_NXTHDR(&message, c)) {
    if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS) continue;
    const std::size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
    for (std::size_t i = 0; i < count; ++i) {
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      if (received.fd_count < received.fds.size()) {
        received.fds[received.fd_count++] = fd;
      } else {
        ::close(fd);
      }
    }
  }
}

void close_all(RawReceived& received) noexcept {
  for (std::size_t i = 0; i < received.fd_count; ++i) ::close(received.fds[i]);
  received.fd_count = 0;
}

}  // namespace

int send_raw(int socket, std::span<const std::byte> message, std::span<const int> fds) noexcept {
  if (fds.size() > kMaxFds) return E2BIG;
  iovec part{const_cast<std::byte*>(message.data()), message.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = &control;
    header.msg_controllen = CMSG_SPACE(fds.size_bytes());
    cmsghdr* c = CMSG_FIRSTHDR(&header);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(fds.size_bytes());
    std::memcpy(CMSG_DATA(c), fds.data(), fds.size_bytes());
  }
  ssize_t sent = 0;
  do {
    sent = ::sendmsg(socket, &header, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent < 0 ? errno : 0;
}

RawReceived receive_raw(int socket, std::span<std::byte> buffer) noexcept {
  RawReceived received;
  iovec part{buffer.data(), buffer.size()};
  Control control{};
  msghdr header{};
  header.msg_iov = &part;
  header.msg_iovlen = 1;
  header.msg_control = &control;
  header.msg_controllen = sizeof(control);
  ssize_t size = 0;
  do {
    size = ::recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
  } while (size < 0 && errno == EINTR);
  if (size < 0) {
    received.error = errno;
    return received;
  }
  take_fds(header, received);
  // Half a message, or a message without all of its descriptors, is no message.
  if ((header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) {
    close_all(received);
    received.error = EMSGSIZE;
    return received;
  }
  received.size = static_cast<std::size_t>(size);
  return received;
}

Result<void> send_message(int socket, std::span<const std::byte> message,
                          std::span<const int> fds) {
  if (const int error = send_raw(socket, message, fds); error != 0) {
    return fail_errno("cannot send a message", error);
  }
  return {};
}

Result<Received> receive_message(int socket, std::span<std::byte> buffer) {
  const RawReceived raw = receive_raw(socket, buffer);
  Received received;
  if (raw.error == EAGAIN) {
    received.would_block = true;
    return received;
  }
  if (raw.error != 0) return fail_errno("cannot receive a message", raw.error);
  received.size = raw.size;
  for (std::size_t i = 0; i < raw.fd_count; ++i) received.fds.emplace_back(raw.fds[i]);
  return received;
}

}  // namespace berth::handoff
