// The messages between keeper, worker and launchers: fixed layouts over SOCK_SEQPACKET, with
// descriptors beside them. No message is parsed beyond a size and a kind.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::handoff {

// The descriptor at which a worker finds its socket to the keeper, and a launcher its two.
inline constexpr int kKeeperFd = 3;          // worker and launcher: to the keeper
inline constexpr int kLauncherWorkerFd = 4;  // launcher: to the worker

// Kinds of descriptors that the keeper holds for a launch or a sandbox.
enum class HeldKind : std::uint32_t {
  none,
  log_stdout,
  log_stderr,
  netns,
  console,       // a pty's master,
  console_peer,  // and its other end, without which reading the master fails whenever nobody
                 // inside has it open
  process,       // the pidfd of the launch's process
  environment,   // a memfd: what its env_file said, which is written nowhere else
  notify,        // the socket that its process tells of itself on
  staging_read,  // under kInstanceId: the pipe through which output goes into the logs
  staging_write,
};

// What belongs to no launch is held under this id.
inline constexpr std::uint64_t kInstanceId = ~std::uint64_t{0};

struct KeeperMessage {
  enum class Kind : std::uint32_t {
    // keeper -> worker
    launcher_ready,  // + fd: the worker's end of a new launcher's socket; id = the launcher's
                     // number
    launcher_gone,   // id = its number; status as of waitid
    exited,          // id = launch_id, pid, code (CLD_*), status; flags as with `running`
    held,            // + fd: what the keeper holds (id, held), sent when a worker starts
    running,         // id = launch_id, pid, start_time, flags: a process that lives, or that an
                     // earlier keeper knew (kOrphan), sent when a worker starts
    crashed,         // sent when a worker starts: the one before it ended so (pid, code, status);
                     // id: how many have, since the keeper began
    begin,           // all of the above has been sent: the worker may begin
    stop,            // SIGTERM or SIGINT came: stop everything in order, then say `finished`
    leave,           // end soon, and leave what runs as it is: the keeper re-executes itself
    // worker -> keeper
    alive,             // a heartbeat, every kHeartbeat; the first one ends a worker's start
    want_launcher,     // start one (more)
    replace_launcher,  // id: it hangs; kill it and start another
    drop,              // id: close what is held for it and forget the launch
    finished,          // everything is stopped and removed: exit 0
    reexec,            // re-execute everything, as SIGHUP asks for
    // launcher -> keeper
    born,   // + fd, its pidfd: a child that the keeper is to wait for; id = launch_id, pid,
            // start_time
    begun,  // id = launch_id: it has called execve
    // both
    hold,  // + fd: keep it under (id, held); what was there is closed
  };
  // Of `running` and `exited`.
  static constexpr std::int32_t kBegun = 1;   // it has called execve
  static constexpr std::int32_t kOrphan = 2;  // its keeper died: it is no child of this one, which
                                              // neither knows whether it lives nor hears of its end

  Kind kind{};
  HeldKind held{};
  std::uint64_t id = 0;
  std::uint64_t start_time = 0;  // as in /proc/PID/stat, field 22: clock ticks since the boot
  std::int32_t pid = 0;
  std::int32_t code = 0;    // si_code: CLD_EXITED, CLD_KILLED, CLD_DUMPED
  std::int32_t status = 0;  // si_status
  std::int32_t flags = 0;
};
static_assert(sizeof(KeeperMessage) == 40);

// A worker that says nothing for four of them hangs, and is killed.
inline constexpr std::chrono::milliseconds kHeartbeat{2500};

// worker -> launcher, with the program's memfd as first descriptor and the program's own after it.
struct LauncherRequest {
  std::uint64_t program_id = 0;
  std::uint32_t size = 0;  // of the memfd
  std::uint32_t fd_count = 0;
};

// launcher -> worker, once for each request, with the descriptors that `give` steps returned.
// The pidfd of a spawned child comes first.
struct LauncherReply {
  std::uint64_t program_id = 0;
  std::int32_t failed_step = -1;  // -1: done
  std::int32_t error = 0;         // errno
  std::int32_t pid = 0;           // of the child, as seen from the host; 0: none
  std::uint32_t fd_count = 0;
  char detail[480] = {};  // what `run` said on its error output, or the kernel in its words
                          // about a mount or a netlink message; NUL-terminated
};
static_assert(sizeof(LauncherReply) == 504);

inline constexpr std::size_t kMaxFds = 16;

// Sends one message with descriptors. EAGAIN is an error like others; never blocks longer than
// the socket's mode says; never raises SIGPIPE. The descriptors stay the caller's.
Result<void> send_message(int socket, std::span<const std::byte> message, std::span<const int> fds);

// The same without allocation, for the keeper: 0 or the errno.
int send_raw(int socket, std::span<const std::byte> message, std::span<const int> fds) noexcept;

struct Received {
  std::size_t size = 0;        // 0: the other side is gone, unless would_block
  std::vector<unique_fd> fds;  // close-on-exec
  bool would_block = false;
};
// Receives one message into `buffer`. A message larger than the buffer is an error (EMSGSIZE).
Result<Received> receive_message(int socket, std::span<std::byte> buffer);

// The same without allocation, for the keeper.
struct RawReceived {
  std::size_t size = 0;            // 0: the other side is gone, when error is 0
  int error = 0;                   // errno; EAGAIN when nothing has come
  std::array<int, kMaxFds> fds{};  // the caller's to close
  std::size_t fd_count = 0;
};
RawReceived receive_raw(int socket, std::span<std::byte> buffer) noexcept;

template <class Message>
Result<void> send(int socket, const Message& message, std::span<const int> fds = {}) {
  return send_message(socket, std::as_bytes(std::span(&message, 1)), fds);
}

}  // namespace berth::handoff
