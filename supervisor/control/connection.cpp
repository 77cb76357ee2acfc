#include "supervisor/control/connection.h"

#include <array>

#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "supervisor/control/interface.h"

namespace berth::control {

namespace {

constexpr std::size_t kReadAtOnce = 16 << 10;
constexpr int kFramesATurn = 16;     // the bound of one process()
constexpr int kBusStepsAFrame = 16;  // sd_bus_process calls until a frame has been answered
constexpr std::uint64_t kUnreadAnswersMax = 8;  // then no further request is read
constexpr std::chrono::seconds kIdle{60};       // for a peer that asks nothing and follows nothing

// One step of setting up a bus: a negative errno becomes an error.
Result<void> check(int answer, const char* what) {
  if (answer < 0) return fail_errno(what, -answer);
  return {};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::create(unique_fd socket, Backend& backend,
                                                       Instant now) {
  std::unique_ptr<Connection> connection(new Connection(std::move(socket), backend, now));
  TRY(connection->start());
  return connection;
}

Connection::~Connection() { sd_bus_close_unref(bus_); }

Result<void> Connection::start() {
  std::array<int, 2> pair{};
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair.data()) < 0) {
    return fail_errno("cannot create a socket pair");
  }
  feed_.reset(pair[0]);
  unique_fd input(pair[1]);
  unique_fd output(::fcntl(socket_.get(), F_DUPFD_CLOEXEC, 3));
  if (!output) return fail_errno("cannot duplicate a connection");

  sd_id128_t id{};
  TRY(check(sd_id128_randomize(&id), "cannot make a server id"));
  TRY(check(sd_bus_new(&bus_), "cannot create a bus"));
  TRY(check(sd_bus_set_fd(bus_, input.get(), output.get()), "cannot set up a bus"));
  // sd-bus closes both with the bus.
  (void)input.release();
  (void)output.release();
  TRY(check(sd_bus_set_server(bus_, 1, id), "cannot set up a bus"));
  // Who the peer is was checked when it was accepted; here sd-bus sees our own pair.
  TRY(check(sd_bus_set_anonymous(bus_, 1), "cannot set up a bus"));
  TRY(check(sd_bus_negotiate_fds(bus_, 0), "cannot set up a bus"));
  TRY(check(
      sd_bus_add_object_vtable(bus_, nullptr, kObjectPath, kInterface, interface_table(), this),
      "cannot add the interface"));
  TRY(check(sd_bus_add_filter(bus_, nullptr, on_message, this), "cannot add a filter"));
  return check(sd_bus_start(bus_), "cannot start a bus");
}

Result<void> Connection::process(Instant now, bool readable) {
  if (doomed_) return fail("the peer does not read its events");
  const bool may_ask = queued_writes() <= kUnreadAnswersMax;
  if (readable && may_ask && !has_more_) TRY(read_some(now));
  has_more_ = false;
  TRY(run_bus());
  for (int i = 0; i < kFramesATurn && queued_writes() <= kUnreadAnswersMax; ++i) {
    const auto frame = TRY(frames_.next());
    if (!frame) return {};
    heard_at_ = now;
    TRY(hand_over(*frame));
  }
  has_more_ = frames_.partial() && queued_writes() <= kUnreadAnswersMax;
  return {};
}

Result<void> Connection::read_some(Instant now) {
  std::array<char, kReadAtOnce> bytes;
  const std::size_t room = std::min(bytes.size(), frames_.room());
  if (room == 0) return {};
  // Without room for a control message the kernel drops descriptors that come along (unix(7)).
  const ssize_t count = ::recv(socket_.get(), bytes.data(), room, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {};
  if (count < 0) return fail_errno("cannot read from a peer");
  if (count == 0) return fail("the peer is gone");
  if (!frames_.partial()) heard_at_ = now;
  frames_.add(std::string_view(bytes.data(), static_cast<std::size_t>(count)));
  return {};
}

int Connection::on_message(sd_bus_message*, void* userdata, sd_bus_error*) {
  static_cast<Connection*>(userdata)->message_seen_ = true;
  return 0;
}

// The pair is empty between two frames, and its buffer larger than any frame: it takes all of it.
Result<void> Connection::hand_over(std::string_view frame) {
  const bool is_message = sd_bus_is_ready(bus_) > 0;
  message_seen_ = false;
  const ssize_t written = ::send(feed_.get(), frame.data(), frame.size(), MSG_NOSIGNAL);
  if (written != static_cast<ssize_t>(frame.size())) return fail("a request did not fit");
  TRY(run_bus());
  if (frames_.authenticated() && sd_bus_is_ready(bus_) <= 0) {
    return fail("the peer began without authentication");
  }
  // sd-bus passes silently over a message that is malformed.
  if (is_message && !message_seen_) return fail("the peer sent a malformed message");
  return {};
}

Result<void> Connection::run_bus() {
  for (int i = 0; i < kBusStepsAFrame; ++i) {
    const int done = sd_bus_process(bus_, nullptr);
    if (done < 0) return fail_errno("the peer broke the protocol", -done);
    if (sd_bus_is_open(bus_) <= 0) return fail("the peer broke the protocol");
    if (done == 0) return {};
  }
  return fail("a request did not end");
}

void Connection::emit(const std::string& document) {
  if (!subscribed_ || doomed_) return;
  const int sent =
      sd_bus_emit_signal(bus_, kObjectPath, kInterface, "Event", "s", document.c_str());
  doomed_ = sent < 0 || queued_writes() > kQueuedWritesMax;
}

std::uint64_t Connection::queued_writes() const {
  std::uint64_t count = 0;
  return sd_bus_get_n_queued_write(bus_, &count) < 0 ? 0 : count;
}

std::uint32_t Connection::wanted_events() const {
  const std::uint64_t queued = queued_writes();
  const std::uint32_t input = queued <= kUnreadAnswersMax ? EPOLLIN : 0u;
  // While it authenticates, sd-bus may hold back bytes that it does not count as messages.
  const int bus_events = sd_bus_get_events(bus_);
  const bool output = queued > 0 || (bus_events > 0 && (bus_events & EPOLLOUT) != 0);
  return input | (output ? EPOLLOUT : 0u);
}

Instant Connection::deadline() const {
  if (!frames_.authenticated() || frames_.partial()) return heard_at_ + kPatience;
  return subscribed_ ? Instant::max() : heard_at_ + kIdle;
}

}  // namespace berth::control
