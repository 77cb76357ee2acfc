// The launcher: the process that carries programs out, one at a time, for the worker.
#pragma once

namespace berth::runtime {

// Runs until the keeper or the worker is gone. Both are SOCK_SEQPACKET (handoff/messages.h).
// Makes this process a launcher for good: it has a mount namespace of its own (what the host
// mounts appears in it, nothing comes back), dies with the keeper, and is not dumpable. Returns
// the exit code.
int run_launcher(int keeper_fd, int worker_fd);

}  // namespace berth::runtime
