#include "supervisor/health/netns_socket.h"

#include <cstdlib>

#include <fcntl.h>
#include <sched.h>
#include <sys/socket.h>

namespace berth::health {

Result<unique_fd> open_socket_in(int netns, int family, int type) {
  const int full_type = type | SOCK_NONBLOCK | SOCK_CLOEXEC;
  if (netns < 0) {
    unique_fd made(::socket(family, full_type, 0));
    if (!made) return fail_errno("cannot make a socket");
    return made;
  }

  const unique_fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (!home) return fail_errno("cannot open our own network namespace");
  if (::setns(netns, CLONE_NEWNET) < 0) return fail_errno("cannot enter the network namespace");
  unique_fd made(::socket(family, full_type, 0));
  const int error = errno;
  if (::setns(home.get(), CLONE_NEWNET) < 0) std::abort();
  if (!made) return fail_errno("cannot make a socket in the network namespace", error);
  return made;
}

}  // namespace berth::health
