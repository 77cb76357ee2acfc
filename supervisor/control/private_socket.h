// The private socket in the file system: listening on it, connecting to it, who is at its end.
//
// A path longer than sun_path (107 bytes and a NUL, unix(7)) is reached through
// /proc/self/fd/N of its directory.
#pragma once

#include <string>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::control {

// Makes the directory (0700; its missing parents 0755), replaces a socket that nobody listens on
// any more, and listens, mode 0600, non-blocking. EADDRINUSE when somebody still listens there.
Result<unique_fd> listen_at(const std::string& path);

// A connected, non-blocking socket. The error's code tells ENOENT (no socket) and ECONNREFUSED
// (nobody listens) from the rest; EAGAIN: it was too busy to take us within `timeout`.
Result<unique_fd> connect_to(const std::string& path, Duration timeout);

// Whether the peer of a connected socket is root, or runs under our own effective uid.
bool peer_is_trusted(int socket);

}  // namespace berth::control
