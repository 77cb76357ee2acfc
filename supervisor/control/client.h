// Client: calls org.berth.Supervisor1 over the private socket. Blocks, with a timeout; for `berth`
// and for tests, never for the daemon.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/control/selection.h"
#include "supervisor/model/paths.h"

namespace berth::control {

class Client {
 public:
  // When nobody listens, the error says so and what to do.
  static Result<Client> connect(const Paths& paths, Duration timeout = std::chrono::seconds(10));
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;
  ~Client();

  // The answers are the documents of server.h. An error's message is the daemon's own.
  Result<std::string> list();
  Result<std::string> status(const std::string& name);  // "": the host's
  Result<std::string> plan();
  Result<std::string> state();  // state_document.h
  Result<std::string> start(const Selection& selection);
  Result<std::string> stop(const Selection& selection);
  Result<std::string> restart(const Selection& selection);
  Result<std::string> rollback(std::uint64_t generation, bool dry_run);
  Result<std::string> cancel_rollback(bool dry_run);
  Result<std::string> version();

  // Events that come after this returned are kept until next_event fetches them, also those that
  // arrive during other calls.
  Result<void> subscribe();
  // The next event's document; std::nullopt: none came in time. `timeout` std::nullopt waits
  // without end.
  Result<std::optional<std::string>> next_event(std::optional<Duration> timeout);

 private:
  struct State;
  explicit Client(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace berth::control
