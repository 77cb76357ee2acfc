#include "supervisor/health/probe.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/health/netns_socket.h"

using namespace berth;
using namespace berth::health;

namespace {

constexpr int kPatience = 10000;  // milliseconds; only a failing test waits so long

unique_fd listen_on_loopback(std::uint16_t port, int backlog, std::uint16_t* chosen) {
  unique_fd listener(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  Endpoint at = *parse_endpoint("127.0.0.1:1");
  at.address.v4.sin_port = htons(port);
  REQUIRE(::bind(listener.get(), &at.address.any, at.size) == 0);
  REQUIRE(::listen(listener.get(), backlog) == 0);
  REQUIRE(::getsockname(listener.get(), &at.address.any, &at.size) == 0);
  if (chosen) *chosen = ntohs(at.address.v4.sin_port);
  return listener;
}

// A server without a thread: it answers one connection with `answer`, `piece` bytes a turn.
struct Server {
  std::string answer;
  std::size_t piece = 1 << 20;
  bool endless = false;  // repeats the answer without end
  bool hangs_up = true;  // once all is sent
  std::uint16_t port = 0;
  std::string request = {};
  unique_fd listener = {};
  unique_fd connection = {};
  std::size_t sent = 0;

  Server& start() {
    listener = listen_on_loopback(0, 8, &port);
    return *this;
  }
  [[nodiscard]] HealthSpec http() const {
    return {.http = "http://127.0.0.1:" + std::to_string(port) + "/healthz"};
  }
  [[nodiscard]] HealthSpec tcp() const { return {.tcp = ":" + std::to_string(port)}; }
  [[nodiscard]] pollfd wants() const {
    if (!connection) return {listener.get(), POLLIN, 0};
    const bool asked = request.ends_with("\r\n\r\n");
    const bool answers = asked && (endless || sent < answer.size());
    return {asked && !answers ? -1 : connection.get(), short(asked ? POLLOUT : POLLIN), 0};
  }
  void step() {
    if (!connection) {
      connection.reset(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    } else if (!request.ends_with("\r\n\r\n")) {
      char bytes[4096];
      const ssize_t count = ::recv(connection.get(), bytes, sizeof bytes, 0);
      if (count > 0) request.append(bytes, static_cast<std::size_t>(count));
      if (answer.empty() && hangs_up && count > 0) connection.reset();
    } else {
      const std::string_view rest = std::string_view(answer).substr(sent, piece);
      const ssize_t count = ::send(connection.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
      if (count > 0) sent += static_cast<std::size_t>(count);
      if (endless) sent %= answer.size();
      if (sent == answer.size() && hangs_up) connection.reset();
    }
  }
};

// Runs the probe, and the server when there is one, as a daemon's loop would. No verdict when
// neither has anything to do for `patience` milliseconds.
std::optional<Verdict> run(Probe& probe, Server* server = nullptr, int patience = kPatience) {
  while (true) {
    std::vector<pollfd> ready{{probe.fd(), short(probe.wants_write() ? POLLOUT : POLLIN), 0}};
    if (server) ready.push_back(server->wants());
    if (::poll(ready.data(), ready.size(), patience) <= 0) return std::nullopt;
    if (server && ready[1].revents != 0) server->step();
    if (ready[0].revents == 0) continue;
    if (auto verdict = probe.on_ready()) return verdict;
  }
}

Probe begun(const HealthSpec& spec, int netns = -1) {
  auto probe = Probe::begin(spec, netns);
  REQUIRE(probe);
  return std::move(*probe);
}

std::optional<Verdict> verdict_of(Server server) {
  server.start();
  Probe probe = begun(server.http());
  return run(probe, &server);
}

ino_t own_network() {
  struct stat status{};
  ::stat("/proc/thread-self/ns/net", &status);
  return status.st_ino;
}

std::size_t open_descriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<std::size_t>(std::distance(begin(all), end(all)));
}

// Runs `inside` in a network namespace of its own with loopback up, and returns the namespace;
// none when that is not permitted. It goes away with its last descriptor.
template <class F>
unique_fd make_network(F inside) {
  const unique_fd home(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
  if (::unshare(CLONE_NEWNET) < 0) return {};
  const scope_exit back([&] { REQUIRE(::setns(home.get(), CLONE_NEWNET) == 0); });
  const unique_fd control(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  loopback.ifr_name[0] = 'l';
  loopback.ifr_name[1] = 'o';
  loopback.ifr_flags = IFF_UP;
  REQUIRE(::ioctl(control.get(), SIOCSIFFLAGS, &loopback) == 0);
  inside();
  return unique_fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

}  // namespace

TEST_CASE("a server that answers 200 is healthy") {
  Server server{.answer = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"};
  server.start();
  Probe probe = begun(server.http());
  CHECK(run(probe, &server) == Verdict{true, "status 200"});
  CHECK(server.request.starts_with("GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(server.request.find("\r\nConnection: close\r\n") != std::string::npos);
  CHECK(probe.on_ready() == Verdict{true, "status 200"});
  CHECK(probe.timed_out() == Verdict{true, "status 200"});
}

TEST_CASE("a server that answers one byte a turn is understood") {
  CHECK(verdict_of({.answer = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\n\r\n", .piece = 1}) ==
        Verdict{false, "status 503"});
}

TEST_CASE("a server that speaks something else is not HTTP") {
  CHECK(verdict_of({.answer = "SSH-2.0-OpenSSH_9.2\r\n"}) == Verdict{false, "not HTTP"});
}

TEST_CASE("a server that hangs up says nothing") {
  const auto verdict = verdict_of({.answer = ""});
  REQUIRE(verdict);
  CHECK(*verdict == Verdict{false, "closed without an answer"});
}

TEST_CASE("a server that never stops sending is cut off after 4 KiB") {
  Server server{.answer = "HTTP/1.1 200 " + std::string(60000, 'x'), .endless = true};
  CHECK(verdict_of(std::move(server)) == Verdict{false, "no status in the first 4 KiB"});
}

TEST_CASE("a silent server gives no verdict, and the probe says what it waited for") {
  Server server{.answer = "", .hangs_up = false};
  server.start();
  Probe probe = begun(server.http());
  CHECK_FALSE(run(probe, &server, 0));
  while (!server.request.ends_with("\r\n\r\n")) REQUIRE_FALSE(run(probe, &server, 0));
  CHECK_FALSE(probe.wants_write());
  CHECK_FALSE(probe.on_ready());  // woken up for nothing
  CHECK(probe.timed_out() == Verdict{false, "no answer within the timeout"});
}

TEST_CASE("a port that nobody listens on is refused") {
  std::uint16_t port = 0;
  listen_on_loopback(0, 1, &port).reset();
  for (const HealthSpec& spec :
       {HealthSpec{.tcp = "127.0.0.1:" + std::to_string(port)},
        HealthSpec{.http = "http://localhost:" + std::to_string(port) + "/"}}) {
    Probe probe = begun(spec);
    CHECK(run(probe) == Verdict{false, "connection refused"});
  }
}

TEST_CASE("a port that is listened on is healthy for a tcp probe") {
  Server server;
  server.start();
  Probe probe = begun(server.tcp());
  CHECK(run(probe) == Verdict{true, "connected"});
}

TEST_CASE("a server that accepts no more connections leaves the probe connecting") {
  std::uint16_t port = 0;
  const unique_fd listener = listen_on_loopback(0, 0, &port);
  const HealthSpec spec{.tcp = ":" + std::to_string(port)};
  std::vector<Probe> queue;
  for (int i = 0; i < 8; ++i) queue.push_back(begun(spec));
  Probe& last = queue.back();
  CHECK_FALSE(run(last, nullptr, 0));
  CHECK_FALSE(last.on_ready());  // woken up for nothing
  CHECK(last.wants_write());
  CHECK(last.timed_out() == Verdict{false, "no connection within the timeout"});
}

TEST_CASE("a probe that cannot begin says why") {
  CHECK(Probe::begin({}, -1).error().message() == "the health check has neither tcp nor http");
  CHECK_FALSE(Probe::begin({.tcp = "db:5432"}, -1));
  CHECK_FALSE(Probe::begin({.http = "https://127.0.0.1/"}, -1));
  const unique_fd no_namespace(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  const auto probe = Probe::begin({.tcp = ":80"}, no_namespace.get());
  REQUIRE_FALSE(probe);
  CHECK(probe.error().what == "cannot enter the network namespace");
}

TEST_CASE("a probe asks inside the container's network and the caller stays in its own") {
  Server server{.answer = "HTTP/1.1 204 No Content\r\n\r\n"};
  const unique_fd netns = make_network([&] { server.start(); });
  if (!netns) {
    MESSAGE("skipped: needs a network namespace of its own");
    return;
  }
  const ino_t before = own_network();
  const std::size_t descriptors = open_descriptors();
  {
    Probe inside = begun(server.http(), netns.get());
    CHECK(own_network() == before);
    CHECK(open_descriptors() == descriptors + 1);
    CHECK(run(inside, &server) == Verdict{true, "status 204"});
  }
  std::uint16_t taken = server.port;
  Probe outside = begun({.tcp = ":" + std::to_string(taken)});
  CHECK(run(outside) == Verdict{false, "connection refused"});
}

TEST_CASE("a probe that would meet itself on an unused port is refused") {
  const unique_fd netns = make_network([] {
    // The kernel has one port to choose from for outgoing connections: the one that is probed.
    std::ofstream("/proc/sys/net/ipv4/ip_local_port_range") << "40000 40000";
  });
  if (!netns) {
    MESSAGE("skipped: needs a network namespace of its own");
    return;
  }
  Probe probe = begun({.tcp = ":40000"}, netns.get());
  CHECK(run(probe) == Verdict{false, "connection refused"});
}

TEST_CASE("a socket is close-on-exec and never blocks") {
  const auto socket = open_socket_in(-1, AF_INET, SOCK_STREAM);
  REQUIRE(socket);
  CHECK((::fcntl(socket->get(), F_GETFD) & FD_CLOEXEC) != 0);
  CHECK((::fcntl(socket->get(), F_GETFL) & O_NONBLOCK) != 0);
}
