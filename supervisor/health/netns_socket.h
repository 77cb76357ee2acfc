// A socket that lives in another network namespace: what a health probe talks through, so that a
// container's own 127.0.0.1 is asked and its image needs no client program.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::health {

// socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0) inside the network namespace `netns`; in
// our own one when netns is -1. A socket keeps the namespace that it was made in, so the calling
// thread is there for one system call only (setns(2), CLONE_NEWNET; CAP_SYS_ADMIN over both).
// If the way back fails the process aborts: it must not go on in a container's network.
Result<unique_fd> open_socket_in(int netns, int family, int type);

}  // namespace berth::health
