// Connection: one peer of the server, from accept to close. Internal to control/.
//
// Bytes of the peer are read here, cut into whole frames, and handed one by one to sd-bus through
// a socket pair; sd-bus writes its answers to the peer itself. Descriptors that a peer sends along
// are never received.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <systemd/sd-bus.h>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/control/frames.h"
#include "supervisor/control/server.h"

namespace berth::control {

class Connection {
 public:
  // Takes a connected, non-blocking socket. `backend` is borrowed.
  static Result<std::unique_ptr<Connection>> create(unique_fd socket, Backend& backend,
                                                    Instant now);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  [[nodiscard]] int fd() const { return socket_.get(); }

  // Reads and answers a bounded number of requests, writes what waits. An error: the connection
  // is lost, or the peer has lost the right to it.
  Result<void> process(Instant now, bool readable);

  // Sends a signal if the peer subscribed. May be called from within a method call, so a peer
  // that has to go for it is only marked: the next process() returns the error.
  void emit(const std::string& document);

  // Whether process() is to be called again without waiting for the peer.
  [[nodiscard]] bool has_more() const { return has_more_ || doomed_; }
  // EPOLLIN and EPOLLOUT, as the connection wants them now.
  [[nodiscard]] std::uint32_t wanted_events() const;
  // When the peer's patience credit ends; Instant::max(): never.
  [[nodiscard]] Instant deadline() const;

  // For the methods of the interface.
  [[nodiscard]] Backend& backend() { return backend_; }
  void set_subscribed(bool subscribed) { subscribed_ = subscribed; }

 private:
  Connection(unique_fd socket, Backend& backend, Instant now)
      : socket_(std::move(socket)), backend_(backend), heard_at_(now) {}
  Result<void> start();
  Result<void> read_some(Instant now);
  Result<void> hand_over(std::string_view frame);
  Result<void> run_bus();
  static int on_message(sd_bus_message* message, void* userdata, sd_bus_error* error);
  [[nodiscard]] std::uint64_t queued_writes() const;

  unique_fd socket_;  // the peer
  unique_fd feed_;    // our end of the pair through which sd-bus reads
  sd_bus* bus_ = nullptr;
  Backend& backend_;
  Frames frames_{kMessageMax};
  Instant heard_at_;  // when it connected, began the present frame, or finished the last one
  bool subscribed_ = false;
  bool has_more_ = false;
  bool doomed_ = false;
  bool message_seen_ = false;  // by sd-bus, since the present frame was handed over
};

}  // namespace berth::control
