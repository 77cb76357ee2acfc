// One tcp or http health probe under way: a state machine over one non-blocking socket. The loop
// is the caller's, and so is the timeout: destroying the Probe ends it at any point.
//
//   connecting -> [http: sending -> receiving ->] decided
//
//   auto probe = Probe::begin(spec.healthcheck, netns);   // an error is a verdict as well
//   watch probe->fd() for (probe->wants_write() ? writing : reading); when it is ready:
//   if (auto verdict = probe->on_ready()) ... else watch again, for what it wants now
//
// A probe holds at most one request (about 4 KiB) and 4 KiB of the answer, whatever the other side
// sends, and does one receive a turn (ATTACKS 24).
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/health/endpoint.h"
#include "supervisor/health/http_probe.h"
#include "supervisor/health/verdict.h"
#include "supervisor/model/spec.h"

namespace berth::health {

class Probe {
 public:
  // Begins the spec's tcp or http probe inside the network namespace `netns` (-1: our own). The
  // descriptor stays the caller's and is not needed afterwards. Errors: the spec's address is not
  // one, it has neither tcp nor http, or no socket can be had. A refused connection is no error
  // but a verdict to come.
  static Result<Probe> begin(const HealthSpec& spec, int netns);

  // To be watched; the same for the probe's whole life.
  [[nodiscard]] int fd() const { return socket_.get(); }
  // What to watch it for: writing when true, else reading. Changes in on_ready() only.
  [[nodiscard]] bool wants_write() const { return state_ != State::receiving; }

  // Goes on as far as it can without blocking. Harmless when the descriptor is not ready after
  // all. After a verdict the probe is over, and says the same again.
  std::optional<Verdict> on_ready();

  // The verdict when the caller's timeout has run out: says what the probe was waiting for.
  [[nodiscard]] Verdict timed_out() const;

 private:
  enum class State { connecting, sending, receiving, decided };

  Probe() = default;
  void connect_on();
  void send_on();
  void receive_on();
  void decide(Verdict verdict);
  [[nodiscard]] bool is_connected_to_itself() const;

  State state_ = State::connecting;
  unique_fd socket_;
  Endpoint endpoint_;
  std::string request_;  // what is not sent yet; empty for tcp
  bool is_http_ = false;
  HttpAnswer answer_;
  Verdict verdict_;  // once decided
};

}  // namespace berth::health
