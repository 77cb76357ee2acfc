// Server and client over real sockets in a directory of their own. The server runs in the test's
// process, driven by a poll loop on a thread, as the daemon's loop would drive it.
#include "supervisor/control/server.h"

#include <array>
#include <atomic>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "supervisor/control/client.h"
#include "supervisor/control/private_socket.h"

using namespace berth;
using namespace berth::control;
using namespace std::chrono_literals;

namespace {

struct FakeBackend : Backend {
  std::string list() override { return std::string(list_size, ' ') + "[]"; }
  CallResult<std::string> status(const std::string& name) override {
    if (name == "web") return R"({"name":"web"})";
    return std::unexpected(CallError{"NoSuchContainer", "there is no container \"" + name + "\""});
  }
  CallResult<std::string> plan() override { return "[]"; }
  std::string state() override { return "{}"; }
  CallResult<std::vector<std::string>> start(const Selection& selection) override {
    started.push_back(selection);
    std::vector<std::string> all = selection.names;
    all.insert(all.end(), selection.groups.begin(), selection.groups.end());
    if (emit_in_call != nullptr) CHECK(emit_in_call->emit(R"({"kind":"phase"})"));
    return all;
  }
  CallResult<std::vector<std::string>> stop(const Selection&) override { return {}; }
  CallResult<std::vector<std::string>> restart(const Selection&) override { return {}; }
  CallResult<std::string> rollback(std::uint64_t number, bool dry_run) override {
    if (number == 8) {
      return std::unexpected(CallError{"NoSuchGeneration", "there is no generation 8"});
    }
    return "to " + std::to_string(number) + (dry_run ? ", dry" : "");
  }
  CallResult<std::string> cancel_rollback(bool dry_run) override {
    return dry_run ? "cancelled, dry" : "cancelled";
  }
  std::uint64_t generation() override { return 9; }

  std::vector<Selection> started;
  Server* emit_in_call = nullptr;
  std::size_t list_size = 0;
};

// A server with its loop. The loop's clock can be moved forward.
class Running {
 public:
  explicit Running(const std::string& below = "") {
    std::string pattern = std::filesystem::temp_directory_path() / "berth-control-XXXXXX";
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    directory_ = pattern;
    paths = Paths::below(directory_ + below);
    std::filesystem::create_directories(paths.root);
    auto made = Server::create(paths, backend);
    REQUIRE_MESSAGE(made, made.error().message());
    server.emplace(std::move(*made));
    wake_.reset(::eventfd(0, EFD_CLOEXEC));
    loop_ = std::thread([this] { run(); });
  }
  ~Running() {
    ending_ = true;
    poke();
    loop_.join();
    server.reset();
    CHECK_FALSE(std::filesystem::exists(paths.socket()));
    std::filesystem::remove_all(directory_);
  }

  // Runs a function on the loop's side.
  template <class F>
  auto with_server(F function) {
    const std::lock_guard hold(lock_);
    return function(*server);
  }
  void emit(const std::string& document) {
    with_server([&](Server& live) { CHECK(live.emit(document)); });
    poke();
  }
  void pass_time(Duration duration) {
    with_server([&](Server&) { offset_ += duration; });
    poke();
  }
  std::size_t connections() {
    return with_server([](Server& live) { return live.connections(); });
  }
  // Waits until so many connections are left; the loop pokes `turned_` at every turn.
  bool reaches(std::size_t count) {
    const Instant until = BootClock::now() + 10s;
    while (BootClock::now() < until) {
      const auto seen = turned_.load();
      if (connections() == count) return true;
      turned_.wait(seen);
    }
    return false;
  }
  Client client() {
    auto made = Client::connect(paths, 10s);
    REQUIRE_MESSAGE(made, made.error().message());
    return std::move(*made);
  }
  unique_fd raw() {
    auto made = connect_to(paths.socket(), 5s);
    REQUIRE(made);
    return std::move(*made);
  }

  Paths paths;
  FakeBackend backend;
  std::optional<Server> server;

 private:
  void poke() {
    const std::uint64_t one = 1;
    CHECK(::write(wake_.get(), &one, sizeof one) == sizeof one);
  }
  void run() {
    while (!ending_) {
      std::array<pollfd, 2> watched{pollfd{server->fd(), POLLIN, 0}, {wake_.get(), POLLIN, 0}};
      ::poll(watched.data(), watched.size(), 100);
      std::uint64_t ignored = 0;
      if ((watched[1].revents & POLLIN) != 0) {
        [[maybe_unused]] const auto count = ::read(wake_.get(), &ignored, sizeof ignored);
      }
      const std::lock_guard hold(lock_);
      CHECK(server->process(BootClock::now() + offset_));
      ++turned_;
      turned_.notify_all();
    }
  }

  std::string directory_;
  std::mutex lock_;
  Duration offset_{};
  unique_fd wake_;
  std::atomic<bool> ending_ = false;
  std::atomic<std::uint64_t> turned_ = 0;
  std::thread loop_;
};

void send_all(const unique_fd& socket, std::string_view bytes) {
  [[maybe_unused]] const auto sent = ::send(socket.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
}

// Waits until the other side has closed.
bool is_closed(const unique_fd& socket) {
  std::array<char, 4096> bytes;
  pollfd watched{socket.get(), POLLIN, 0};
  while (::poll(&watched, 1, 10000) > 0) {
    const auto count = ::recv(socket.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0 || (count < 0 && errno == ECONNRESET)) return true;
    if (count < 0 && errno != EAGAIN) return false;
  }
  return false;
}

const std::string kGreeting =
    std::string(1, '\0') + "AUTH EXTERNAL 30\r\nNEGOTIATE_UNIX_FD\r\nBEGIN\r\n";

// A method call written by hand: an empty body; path, interface and member as header fields.
std::string method_call(const std::string& interface, const std::string& member, char serial = 1) {
  std::string fields;
  const auto add = [&](char code, char type, const std::string& text) {
    fields.resize((fields.size() + 7) & ~std::size_t{7}, '\0');
    fields += std::string{code, 1, type, 0, static_cast<char>(text.size()), 0, 0, 0};
    fields += text + '\0';
  };
  add(1, 'o', "/org/berth/Supervisor1");
  add(2, 's', interface);
  add(3, 's', member);
  std::string call{'l', 1, 0, 1, 0, 0, 0, 0, serial, 0, 0, 0};
  call += std::string{static_cast<char>(fields.size()), 0, 0, 0} + fields;
  call.resize((call.size() + 7) & ~std::size_t{7}, '\0');
  return call;
}

}  // namespace

TEST_CASE("calls are answered with the backend's documents") {
  Running running;
  Client client = running.client();
  CHECK(client.list() == "[]");
  CHECK(client.status("web") == R"({"name":"web"})");
  CHECK(client.plan() == "[]");
  CHECK(client.state() == "{}");
  CHECK(client.version() == BERTH_VERSION);
  CHECK(client.start(Selection{{"a", "b"}, {"shop"}}) == R"(["a","b","shop"])");
  REQUIRE(running.backend.started.size() == 1);
  CHECK(running.backend.started[0].names == std::vector<std::string>{"a", "b"});
  CHECK(running.backend.started[0].groups == std::vector<std::string>{"shop"});
  CHECK(client.stop({}) == "[]");
}

TEST_CASE("an error of the backend reaches the client as its message") {
  Running running;
  const auto status = running.client().status("wbe");
  REQUIRE_FALSE(status);
  CHECK(status.error().message() == "there is no container \"wbe\"");
}

TEST_CASE("an answer larger than every socket buffer arrives whole") {
  Running running;
  running.backend.list_size = 20 << 20;
  const auto list = running.client().list();
  REQUIRE(list);
  CHECK(list->size() == (20 << 20) + 2);
}

TEST_CASE("events reach those who subscribed, in order, and nobody else") {
  Running running;
  Client follower = running.client();
  Client other = running.client();
  REQUIRE(follower.subscribe());
  for (int i = 0; i < 100; ++i) running.emit(std::to_string(i));
  for (int i = 0; i < 100; ++i) {
    const auto event = follower.next_event(10s);
    REQUIRE(event);
    CHECK(*event == std::to_string(i));
  }
  CHECK(follower.next_event(0s).value() == std::nullopt);
  CHECK(other.list());
  CHECK(other.next_event(0s).value() == std::nullopt);
}

TEST_CASE("an event that is sent while a call runs is kept for the client") {
  Running running;
  running.backend.emit_in_call = &*running.server;
  Client client = running.client();
  REQUIRE(client.subscribe());
  REQUIRE(client.start(Selection{{"a"}, {}}));
  CHECK(client.next_event(10s).value() == R"({"kind":"phase"})");
}

TEST_CASE("socket and directory are private") {
  Running running;
  struct stat facts{};
  REQUIRE(::stat(running.paths.socket().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0600);
  REQUIRE(::stat(running.paths.run().c_str(), &facts) == 0);
  CHECK((facts.st_mode & 0777) == 0700);
}

TEST_CASE("a path beyond sun_path works for both sides") {
  Running running("/" + std::string(120, 'd') + "/" + std::string(120, 'e'));
  CHECK(running.client().list() == "[]");
}

TEST_CASE("a peer that is neither root nor us is refused") {
  if (::geteuid() != 0) return;
  Running running;
  // The directory would stop the stranger first; here only the peer check is left.
  REQUIRE(::chmod(std::filesystem::path(running.paths.root).c_str(), 0755) == 0);
  REQUIRE(::chmod(running.paths.run().c_str(), 0755) == 0);
  REQUIRE(::chmod(running.paths.socket().c_str(), 0666) == 0);
  const pid_t child = ::fork();
  if (child == 0) {
    if (::setresuid(65534, 65534, 65534) != 0) ::_exit(2);
    const auto socket = connect_to(running.paths.socket(), 5s);
    if (!socket) ::_exit(3);
    char byte = 0;
    pollfd watched{socket->get(), POLLIN, 0};
    ::poll(&watched, 1, 10000);
    ::_exit(::recv(socket->get(), &byte, 1, MSG_DONTWAIT) == 0 ? 0 : 1);
  }
  int status = -1;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(running.client().list());
}

TEST_CASE("peers that send garbage are dropped, and others do not notice") {
  Running running;
  Client client = running.client();
  const std::string header{'l', 1, 0, 1};
  for (const std::string& garbage :
       {std::string("GET / HTTP/1.1\r\n\r\n"), std::string(70000, 'A'), std::string(2000, '\0'),
        std::string(1, '\0') + "BEGIN\r\n", kGreeting + std::string(64, 'z'),
        kGreeting + header + std::string("\xff\xff\xff\x7f\1\0\0\0\0\0\0\0", 12),
        kGreeting + header + std::string("\0\0\0\0\1\0\0\0\xff\xff\xff\xff", 12),
        kGreeting + header + std::string("\4\0\0\0\0\0\0\0\4\0\0\0zzzz\0\0\0\0zzzz", 24)}) {
    const unique_fd peer = running.raw();
    send_all(peer, garbage);
    CAPTURE(garbage);
    CHECK(is_closed(peer));
    CHECK(client.list());
  }
  CHECK(running.reaches(1));
}

TEST_CASE("a peer that says nothing, or half a thing, is dropped when patience ends") {
  Running running;
  const unique_fd silent = running.raw();
  const unique_fd half = running.raw();
  send_all(half, kGreeting + std::string{'l', 1, 0});
  REQUIRE(running.reaches(2));
  running.pass_time(kPatience - 1s);
  CHECK(running.connections() == 2);
  running.pass_time(kPatience);
  CHECK(is_closed(silent));
  CHECK(is_closed(half));
  CHECK(running.reaches(0));
}

TEST_CASE("a client that waits for events may be silent for ever, an idle one is let go") {
  Running running;
  Client follower = running.client();
  REQUIRE(follower.subscribe());
  Client idle = running.client();
  REQUIRE(idle.list());
  running.pass_time(1h);
  CHECK(running.reaches(1));
  running.emit("x");
  CHECK(follower.next_event(10s).value() == "x");
  CHECK_FALSE(idle.list());
}

TEST_CASE("a follower that does not read is dropped, and its events with it") {
  Running running;
  const unique_fd follower = running.raw();
  send_all(follower, kGreeting + method_call("org.berth.Supervisor1", "Subscribe"));
  Client other = running.client();
  REQUIRE(running.reaches(2));
  const std::string large(16 << 10, 'e');
  for (std::size_t i = 0; i < 3 * kQueuedWritesMax && running.connections() == 2; ++i) {
    running.emit(large);
  }
  CHECK(running.reaches(1));
  CHECK(other.list());
}

TEST_CASE(
    "sixty-four connections are served, the next is closed, and a free place is given again") {
  Running running;
  std::vector<Client> clients;
  for (std::size_t i = 0; i < kConnectionsMax; ++i) clients.push_back(running.client());
  CHECK(running.connections() == kConnectionsMax);
  const unique_fd beyond = running.raw();
  CHECK(is_closed(beyond));
  for (Client& client : clients) CHECK(client.list());
  clients.pop_back();
  REQUIRE(running.reaches(kConnectionsMax - 1));
  CHECK(running.client().list());
}

TEST_CASE("pipelined requests are all answered, within the bound of a turn") {
  Running running;
  const unique_fd peer = running.raw();
  std::string stream = kGreeting;
  for (char serial = 1; serial <= 100; ++serial) {
    stream += method_call("org.berth.Supervisor1", "Hi", serial);
  }
  send_all(peer, stream);
  std::string answers;
  std::array<char, 65536> bytes;
  pollfd watched{peer.get(), POLLIN, 0};
  // Every call has an error answer that names it: there is no method Hi.
  const auto count_of = [&] {
    std::size_t count = 0;
    for (std::size_t at = 0; (at = answers.find("Unknown method", at)) != std::string::npos; ++at) {
      ++count;
    }
    return count;
  };
  while (count_of() < 100 && ::poll(&watched, 1, 10000) > 0) {
    const auto count = ::recv(peer.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) break;
    answers.append(bytes.data(), static_cast<std::size_t>(count));
  }
  CHECK(count_of() == 100);
}

TEST_CASE("a server without work does not turn") {
  Running running;
  Client client = running.client();
  const unique_fd half = running.raw();
  send_all(half, kGreeting + std::string{'l', 1, 0});
  REQUIRE(client.list());
  REQUIRE(running.reaches(2));
  pollfd idle{running.with_server([](Server& server) { return server.fd(); }), POLLIN, 0};
  // The peer's bytes are taken off its socket though its message is unfinished: nothing is left
  // to be read, and a level-triggered loop sleeps.
  bool silent = false;
  const Instant until = BootClock::now() + 5s;
  while (!silent && BootClock::now() < until) silent = ::poll(&idle, 1, 20) == 0;
  CHECK(silent);
}

TEST_CASE("a second server on the same path is refused, a stale socket is replaced") {
  Running running;
  FakeBackend backend;
  const auto second = Server::create(running.paths, backend);
  REQUIRE_FALSE(second);
  CHECK(second.error().code == EADDRINUSE);
  CHECK(running.client().list());

  const Paths stale{running.paths.root + "/stale"};
  {
    const auto left = listen_at(stale.socket());
    REQUIRE(left);
  }
  REQUIRE(std::filesystem::exists(stale.socket()));
  CHECK(Server::create(stale, backend));
}

TEST_CASE("a file that is no socket is not replaced") {
  Running running;
  const Paths other{running.paths.root + "/other"};
  std::filesystem::create_directories(other.run());
  std::ofstream(other.socket()) << "precious";
  FakeBackend backend;
  CHECK_FALSE(Server::create(other, backend));
  CHECK(std::filesystem::file_size(other.socket()) == 8);
}

TEST_CASE("without a daemon the client says so and what to do") {
  const auto none = Client::connect(Paths{"/nowhere"}, 1s);
  REQUIRE_FALSE(none);
  CHECK(none.error().message() ==
        "berthd is not running (no socket at /nowhere/run/berth/berthd.sock): start it with "
        "\"berthd --root /nowhere\"");
}

TEST_CASE("a daemon that never answers is an error after the timeout, not a hang") {
  std::string pattern = std::filesystem::temp_directory_path() / "berth-control-XXXXXX";
  REQUIRE(::mkdtemp(pattern.data()) != nullptr);
  const Paths paths{pattern};
  const auto listener = listen_at(paths.socket());
  REQUIRE(listener);
  const auto client = Client::connect(paths, 50ms);
  REQUIRE_FALSE(client);
  CHECK(client.error().message().find("does not answer") != std::string::npos);
  std::filesystem::remove_all(pattern);
}
