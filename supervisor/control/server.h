// Server: the D-Bus interface org.berth.Supervisor1, peer to peer on the private socket.
//
// It has no loop of its own. It owns one epoll descriptor that stands for all of its sockets:
//
//   whoever drives it watches fd() for input, and calls process() when it is readable and when
//   wake_at() has come. process() never blocks, and does a bounded amount of work; what is left
//   makes fd() readable still.
//
// Only peers with uid 0, or the daemon's own, are served (SO_PEERCRED). A peer that sends garbage,
// too much, too slowly, or nothing, or that does not read its answers, is dropped without effect
// on the others: its bytes reach sd-bus only as whole messages of at most kMessageMax bytes.
//
//   List() -> s              JSON: array of container statuses (status.h)
//   Status(s name) -> s      JSON: one container's status; name "": the host's
//   Plan() -> s              JSON: array of planned actions
//   State() -> s             JSON: what a plan is made from besides the files (state_document.h)
//   Start, Stop, Restart(as names, as groups) -> s    JSON: array of the names affected
//   Rollback(t generation, b dry_run) -> s    JSON: what it did, or would do; 0: to the one before
//   CancelRollback(b dry_run) -> s            the same of going back to what the files say
//   Version() -> s
//   Subscribe(), Unsubscribe()   from Subscribe's answer on, every signal Event(s) comes
//   properties Version (s), Generation (t)
//
// Object /org/berth/Supervisor1. Errors: org.berth.Error.NAME, with CallError::message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/control/selection.h"
#include "supervisor/model/paths.h"

namespace berth::control {

inline constexpr std::size_t kConnectionsMax = 64;
inline constexpr std::size_t kMessageMax = 64 << 10;   // of a request, with its header
inline constexpr std::size_t kQueuedWritesMax = 4096;  // messages that a peer has not read
inline constexpr std::chrono::seconds kPatience{5};    // for authentication, and for a message

// What answers the calls: the daemon. The functions must not block; each answers at once.
class Backend {
 public:
  virtual ~Backend() = default;
  virtual std::string list() = 0;                                       // list_document
  virtual CallResult<std::string> status(const std::string& name) = 0;  // status_, host_document
  virtual CallResult<std::string> plan() = 0;                           // plan_document
  virtual std::string state() = 0;                                      // state_document
  // The containers affected: those selected (selection.h).
  virtual CallResult<std::vector<std::string>> start(const Selection& selection) = 0;
  virtual CallResult<std::vector<std::string>> stop(const Selection& selection) = 0;
  virtual CallResult<std::vector<std::string>> restart(const Selection& selection) = 0;
  virtual CallResult<std::string> rollback(std::uint64_t generation, bool dry_run) = 0;
  virtual CallResult<std::string> cancel_rollback(bool dry_run) = 0;  // rollback_document, both
  virtual std::uint64_t generation() = 0;
};

class Server {
 public:
  // Makes Paths::run() (0700, ours) if it is not there, replaces a stale socket, listens. Another
  // live server on the same path is an error. `backend` is borrowed and outlives the server.
  static Result<Server> create(const Paths& paths, Backend& backend);
  Server(Server&&) noexcept;
  Server& operator=(Server&&) noexcept;
  ~Server();  // closes every connection and removes the socket

  // Readable when process() has something to do.
  [[nodiscard]] int fd() const;
  // When process() is to be called though fd() is silent; std::nullopt: never.
  [[nodiscard]] std::optional<Instant> wake_at() const;
  // Accepts, reads, answers, writes, drops. Failures of one peer are its own; an error here means
  // that the server itself cannot go on.
  Result<void> process(Instant now);

  // Sends Event(document) to every connection that subscribed. `document` as of event_document.
  // May be called while a Backend function runs. Errors as of process().
  Result<void> emit(const std::string& document);

  [[nodiscard]] std::size_t connections() const;

 private:
  struct State;
  explicit Server(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace berth::control
