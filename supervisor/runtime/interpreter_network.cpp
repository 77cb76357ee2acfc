#include "supervisor/runtime/interpreter_network.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth::runtime {
namespace {

using handoff::Step;

constexpr const char* kOwnNetns = "/proc/thread-self/ns/net";
constexpr timeval kAnswerTimeout{5, 0};  // rtnetlink answers before sendmsg returns; never reached

// Runs `deed` (0 or errno) in another network namespace. The way back is opened beforehand, and
// cannot fail short of the machine running out of memory; that is reported, and the launcher ends
// when it finds itself elsewhere (see HostRun).
template <class Enter, class Deed>
int elsewhere(Enter enter, Deed deed) noexcept {
  const unique_fd home(::open(kOwnNetns, O_RDONLY | O_CLOEXEC));
  if (!home) return errno;
  if (enter() != 0) return errno;
  const int error = deed();
  const int back = ::setns(home.get(), CLONE_NEWNET) != 0 ? errno : 0;
  return error != 0 ? error : back;
}

int open_netlink(int slot) noexcept {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
  if (fd < 0) return errno;
  const int on = 1;
  ::setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
  ::setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &kAnswerTimeout, sizeof(kAnswerTimeout));
  return place(fd, slot);
}

// How many messages `bytes` holds; -1 when it is no sequence of messages that all ask for an
// acknowledgement.
int count_messages(std::string_view bytes) noexcept {
  int count = 0;
  while (!bytes.empty()) {
    nlmsghdr header{};
    if (bytes.size() < sizeof(header)) return -1;
    std::memcpy(&header, bytes.data(), sizeof(header));
    const std::size_t size = NLMSG_ALIGN(header.nlmsg_len);
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > bytes.size()) return -1;
    if ((header.nlmsg_flags & NLM_F_ACK) == 0) return -1;
    bytes.remove_prefix(size < bytes.size() ? size : bytes.size());
    ++count;
  }
  return count;
}

// The kernel's words in an extended acknowledgement.
void explain(std::string_view message, const nlmsghdr& header, Detail* detail) noexcept {
  if (detail == nullptr || (header.nlmsg_flags & NLM_F_ACK_TLVS) == 0) return;
  // With NETLINK_CAP_ACK nothing of the request follows its header.
  std::size_t at = NLMSG_HDRLEN + sizeof(nlmsgerr);
  while (at + sizeof(nlattr) <= message.size()) {
    nlattr attribute{};
    std::memcpy(&attribute, message.data() + at, sizeof(attribute));
    if (attribute.nla_len < sizeof(attribute) || at + attribute.nla_len > message.size()) return;
    if (attribute.nla_type == NLMSGERR_ATTR_MSG) {
      const std::string_view words =
          message.substr(at + sizeof(attribute), attribute.nla_len - sizeof(attribute));
      detail->add(words.substr(0, words.find('\0')));
      return;
    }
    at += NLA_ALIGN(attribute.nla_len);
  }
}

// Takes the acknowledgements in one datagram: how many they were, the first error in `error`.
int take_answers(std::string_view bytes, int& error, Detail* detail) noexcept {
  int count = 0;
  while (bytes.size() >= sizeof(nlmsghdr)) {
    nlmsghdr header{};
    std::memcpy(&header, bytes.data(), sizeof(header));
    if (header.nlmsg_len < sizeof(header) || header.nlmsg_len > bytes.size()) break;
    if (header.nlmsg_type == NLMSG_ERROR && header.nlmsg_len >= NLMSG_HDRLEN + sizeof(nlmsgerr)) {
      nlmsgerr answer{};
      std::memcpy(&answer, bytes.data() + NLMSG_HDRLEN, sizeof(answer));
      if (answer.error != 0 && error == 0) {
        error = -answer.error;
        explain(bytes.substr(0, header.nlmsg_len), header, detail);
      }
      ++count;
    }
    const std::size_t size = NLMSG_ALIGN(header.nlmsg_len);
    bytes.remove_prefix(size < bytes.size() ? size : bytes.size());
  }
  return count;
}

}  // namespace

int new_netns(const Step& step) noexcept {
  return elsewhere([] { return ::unshare(CLONE_NEWNET); },
                   [&step] {
                     const int fd = ::open(kOwnNetns, O_RDONLY | O_CLOEXEC);
                     return fd < 0 ? errno : place(fd, step.fd);
                   });
}

int netlink_open(const Step& step) noexcept {
  if (step.fd2 < 0) return open_netlink(step.fd);
  return elsewhere([&step] { return ::setns(step.fd2, CLONE_NEWNET); },
                   [&step] { return open_netlink(step.fd); });
}

int netlink(const StepContext& context, const Step& step) noexcept {
  const std::string_view request = context.program.view(step.text);
  const int expected = count_messages(request);
  if (expected <= 0) return EBADMSG;
  if (::send(step.fd, request.data(), request.size(), 0) < 0) return errno;
  int error = 0;
  for (int answered = 0; answered < expected;) {
    alignas(nlmsghdr) char buffer[8192];
    const ssize_t size = ::recv(step.fd, buffer, sizeof(buffer), 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return size < 0 ? errno : EPROTO;
    answered += take_answers({buffer, static_cast<std::size_t>(size)}, error, context.detail);
  }
  return error;
}

}  // namespace berth::runtime
