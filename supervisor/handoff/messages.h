// The messages between keeper, worker and launchers: fixed layouts over SOCK_SEQPACKET, with
// descriptors beside them. No message is parsed beyond a size and a kind.
#pragma once

#include <array>
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
// (console: a pty's master, and console_peer its other end, without which reading the master fails
// whenever nobody inside has it open.)
enum class HeldKind : std::uint32_t { none, log_stdout, log_stderr, netns, console, console_peer };

struct KeeperMessage {
  enum class Kind : std::uint32_t {
    // keeper -> worker
    launcher_ready,  // + fd: the worker's end of a new launcher's socket; id = the launcher's
                     // number
    launcher_gone,   // id = its number; status as of waitid
    exited,          // id = launch_id, pid, code (CLD_*), status
    held,            // + fd: what the keeper holds (id, held), sent when a worker starts
    running,         // id = launch_id, pid: a container that lives, sent when a worker starts
    begin,           // all of the above has been sent: the worker may begin
    stop,            // SIGTERM or SIGINT came: stop everything in order, then say `finished`
    reload,          // SIGHUP came: read the definitions now
    // worker -> keeper
    want_launcher,     // start one (more)
    replace_launcher,  // id: it hangs; kill it and start another
    drop,              // id: close what is held for it and forget the launch
    finished,          // everything is stopped and removed: exit 0
    // launcher -> keeper
    born,  // id = launch_id, pid: a child that the keeper is to wait for
    hold,  // + fd: keep it under (id, held)
  };
  Kind kind{};
  HeldKind held{};
  std::uint64_t id = 0;
  std::int32_t pid = 0;
  std::int32_t code = 0;    // si_code: CLD_EXITED, CLD_KILLED, CLD_DUMPED
  std::int32_t status = 0;  // si_status
  std::int32_t reserved = 0;
};
static_assert(sizeof(KeeperMessage) == 32);

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
