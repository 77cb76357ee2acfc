#include "supervisor/health/probe.h"

#include <array>
#include <cctype>
#include <cstring>
#include <utility>

#include <sys/socket.h>

#include "supervisor/health/netns_socket.h"

namespace berth::health {

namespace {

// "connection refused": the system's words, as they stand within a sentence.
std::string words_for(int code) {
  std::string words = ::strerror(code);
  if (!words.empty()) words[0] = static_cast<char>(std::tolower(words[0]));
  return words;
}

bool is_not_ready(int code) { return code == EAGAIN || code == EWOULDBLOCK || code == EINTR; }

}  // namespace

Result<Probe> Probe::begin(const HealthSpec& spec, int netns) {
  Probe probe;
  if (!spec.http.empty()) {
    const HttpTarget target = TRY(parse_http_url(spec.http));
    probe.endpoint_ = target.endpoint;
    probe.request_ = http_request(target);
    probe.is_http_ = true;
  } else if (!spec.tcp.empty()) {
    probe.endpoint_ = TRY(parse_endpoint(spec.tcp));
  } else {
    return fail("the health check has neither tcp nor http");
  }
  probe.socket_ = TRY(open_socket_in(netns, probe.endpoint_.family(), SOCK_STREAM));
  // An answer at once, as loopback can give, waits for on_ready(): a socket that is connected, or
  // whose connection was refused, is ready for writing.
  probe.connect_on();
  return probe;
}

std::optional<Verdict> Probe::on_ready() {
  if (state_ == State::connecting) connect_on();
  if (state_ == State::sending) send_on();
  if (state_ == State::receiving) receive_on();
  if (state_ == State::decided) return verdict_;
  return std::nullopt;
}

// Another connect(2) tells how the first one went: EALREADY while it is under way, 0 or EISCONN
// once it is done, else why it failed. SO_ERROR could not tell the first two apart.
void Probe::connect_on() {
  const int result = ::connect(socket_.get(), &endpoint_.address.any, endpoint_.size);
  if (result < 0 && errno != EISCONN) {
    if (errno == EINPROGRESS || errno == EALREADY || errno == EINTR) return;
    return decide({false, words_for(errno)});
  }
  if (is_connected_to_itself()) return decide({false, words_for(ECONNREFUSED)});
  if (!is_http_) return decide({true, "connected"});
  state_ = State::sending;
}

// With nobody listening on a port of the ephemeral range, the kernel may pick this very port as
// our own; the connection then succeeds (RFC 9293, simultaneous open) with us at both ends.
bool Probe::is_connected_to_itself() const {
  Endpoint own;
  own.size = sizeof own.address;
  if (::getsockname(socket_.get(), &own.address.any, &own.size) < 0) return false;
  return own.size == endpoint_.size &&
         std::memcmp(&own.address, &endpoint_.address, endpoint_.size) == 0;
}

void Probe::send_on() {
  const ssize_t count = ::send(socket_.get(), request_.data(), request_.size(), MSG_NOSIGNAL);
  if (count < 0) {
    if (!is_not_ready(errno)) decide({false, words_for(errno)});
    return;
  }
  request_.erase(0, static_cast<std::size_t>(count));
  if (request_.empty()) state_ = State::receiving;
}

void Probe::receive_on() {
  std::array<char, kHttpHeadMax> bytes;
  const ssize_t count = ::recv(socket_.get(), bytes.data(), answer_.room(), 0);
  if (count < 0) {
    if (!is_not_ready(errno)) decide({false, words_for(errno)});
    return;
  }
  if (count == 0) return decide(answer_.finish());
  if (auto verdict = answer_.feed({bytes.data(), static_cast<std::size_t>(count)}))
    decide(std::move(*verdict));
}

void Probe::decide(Verdict verdict) {
  verdict_ = std::move(verdict);
  state_ = State::decided;
}

Verdict Probe::timed_out() const {
  if (state_ == State::decided) return verdict_;
  return {false, state_ == State::connecting ? "no connection within the timeout"
                                             : "no answer within the timeout"};
}

}  // namespace berth::health
