// Whether a port of the host is free to be published. Packets to a published port are translated
// before any socket sees them, so a program that listens there would be cut off without a word.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/model/spec.h"

namespace berth::network {

// Binds a socket to the host's address and port in the calling process's network namespace, and
// closes it at once. Error, saying "127.0.0.1:8080 is in use by ...": another socket has them.
// Connections of TCP that only wait for their end (TIME_WAIT) are none. An address that the host
// does not have (yet) is free, and so is whatever else cannot be found out.
Result<void> check_port_is_free(const PortSpec& port);

}  // namespace berth::network
