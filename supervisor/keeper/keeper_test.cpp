// The keeper as a process, with a worker and launchers whose parts the test plays.
#include "supervisor/keeper/keeper.h"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/keeper/child_process.h"
#include "supervisor/kernel/raw.h"

using namespace berth;
using handoff::KeeperMessage;
using Kind = KeeperMessage::Kind;

namespace {

constexpr int kPatience = 10'000;  // milliseconds, for what comes at once

int connect_to(const char* path) {
  const int fd = ::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
  return ::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0 ? fd : -1;
}

struct Hello {
  char role[16] = {};
  pid_t pid = 0;
};

// A child of the keeper's, as a launcher's clone3 makes one; the test is told its pid and pidfd.
void bear_child(int control, bool ends_at_once) {
  int pidfd = -1;
  const pid_t pid = kernel::raw::clone3(CLONE_PARENT, 0, &pidfd, -1);
  if (pid == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (!ends_at_once) ::pause();
    ::_exit(42);
  }
  handoff::send_raw(control, std::as_bytes(std::span(&pid, 1)), {&pidfd, 1});
}

// What the keeper's children do instead of executing berthd: they hand their sockets to the test,
// at the path that is their argument, and do what they are told.
void play(int, char* const argv[]) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  const int control = connect_to(argv[2]);
  Hello hello;
  std::strncpy(hello.role, argv[1], sizeof(hello.role) - 1);
  hello.pid = ::getpid();
  const int fds[2] = {handoff::kKeeperFd, handoff::kLauncherWorkerFd};
  const std::size_t count = std::strcmp(argv[1], "launcher") == 0 ? 2 : 1;
  if (handoff::send_raw(control, std::as_bytes(std::span(&hello, 1)), {fds, count}) != 0) {
    ::_exit(98);
  }
  for (std::size_t i = 0; i < count; ++i) ::close(fds[i]);
  unsigned char command[2] = {};
  while (::read(control, command, sizeof(command)) > 0) {
    if (command[0] == 'q') ::_exit(command[1]);
    if (command[0] == 'k') ::raise(SIGKILL);
    if (command[0] == 'c') bear_child(control, false);
    if (command[0] == 'x') bear_child(control, true);
  }
  ::_exit(97);
}

bool wait_readable(int fd) {
  pollfd waiting{fd, POLLIN, 0};
  return ::poll(&waiting, 1, kPatience) == 1;
}

struct Told {
  KeeperMessage message;
  unique_fd fd;
};

struct Borne {
  pid_t pid = 0;
  unique_fd pidfd;
  // Until the keeper has taken its exit.
  void wait_until_reaped() const {
    while (kernel::raw::pidfd_send_signal(pidfd.get(), 0) == 0) ::poll(nullptr, 0, 1);
  }
  void end() const { kernel::raw::pidfd_send_signal(pidfd.get(), SIGTERM); }
};

// The test's side of one child of the keeper's.
struct Part {
  std::string role;
  pid_t pid = 0;
  unique_fd control, keeper, worker;

  void command(char what, int value = 0) const {
    const unsigned char bytes[2] = {static_cast<unsigned char>(what),
                                    static_cast<unsigned char>(value)};
    REQUIRE(::write(control.get(), bytes, 2) == 2);
  }
  void tell(const KeeperMessage& message, const std::vector<int>& fds = {}) const {
    REQUIRE(handoff::send(keeper.get(), message, fds).has_value());
  }
  [[nodiscard]] Told told() const {
    Told told;
    REQUIRE(wait_readable(keeper.get()));
    auto received =
        handoff::receive_message(keeper.get(), std::as_writable_bytes(std::span(&told.message, 1)));
    REQUIRE(received.has_value());
    REQUIRE(received->size == sizeof(told.message));
    if (!received->fds.empty()) told.fd = std::move(received->fds[0]);
    return told;
  }
  [[nodiscard]] Borne bear(char how) const {
    command(how);
    Borne borne;
    REQUIRE(wait_readable(control.get()));
    auto received =
        handoff::receive_message(control.get(), std::as_writable_bytes(std::span(&borne.pid, 1)));
    REQUIRE(received.has_value());
    borne.pidfd = std::move(received->fds[0]);
    return borne;
  }
};

class KeeperProcess {
 public:
  KeeperProcess() {
    char name[] = "/tmp/berth-keeper-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory_ = name;
    const std::string path = directory_ + "/socket";
    listener_.reset(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::strncpy(address.sun_path, path.c_str(), sizeof(address.sun_path) - 1);
    REQUIRE(::bind(listener_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::listen(listener_.get(), 16) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::prctl(PR_SET_PDEATHSIG, SIGKILL);
      listener_.reset();
      ::_exit(keeper::run_keeper({.arguments = {path},
                                  .table = directory_ + "/table",
                                  .executable = "/proc/self/exe",
                                  .become = play}));
    }
  }
  ~KeeperProcess() {
    if (pid_ > 0) {
      ::kill(pid_, SIGKILL);
      ::waitpid(pid_, nullptr, 0);
    }
    ::unlink((directory_ + "/socket").c_str());
    ::unlink((directory_ + "/table").c_str());
    ::rmdir(directory_.c_str());
  }

  // The next process that the keeper has started.
  Part next() {
    Part part;
    REQUIRE(wait_readable(listener_.get()));
    part.control.reset(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    Hello hello;
    REQUIRE(wait_readable(part.control.get()));
    auto received =
        handoff::receive_message(part.control.get(), std::as_writable_bytes(std::span(&hello, 1)));
    REQUIRE(received.has_value());
    REQUIRE(!received->fds.empty());
    part.role = hello.role;
    part.pid = hello.pid;
    part.keeper = std::move(received->fds[0]);
    if (received->fds.size() > 1) part.worker = std::move(received->fds[1]);
    return part;
  }
  void signal(int number) const { ::kill(pid_, number); }
  int exit_code() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  std::string directory_;
  unique_fd listener_;
  pid_t pid_ = -1;
};

// A keeper whose worker and launcher are up; which of them comes first is not fixed.
struct Up {
  KeeperProcess keeper;
  Part worker, launcher;
  unique_fd launcher_socket;  // the worker's end
  std::uint64_t launcher_number = 0;

  Up() {
    take_parts();
    Told ready = worker.told();
    REQUIRE(ready.message.kind == Kind::launcher_ready);
    launcher_socket = std::move(ready.fd);
    launcher_number = ready.message.id;
    REQUIRE(worker.told().message.kind == Kind::begin);
    worker.tell({.kind = Kind::drop, .id = 0});  // it has spoken
  }
  void take_parts() {
    for (int i = 0; i < 2; ++i) {
      Part part = keeper.next();
      (part.role == "worker" ? worker : launcher) = std::move(part);
    }
  }
};

}  // namespace

// What the next test's child is.
TEST_CASE("played by a child: the file it was executed from cannot be written" *
          doctest::skip(true)) {
  // Opening it is refused by two rules, and the kernel asks first whether anybody runs it; that
  // one ends with the last who does. The other one is seen by itself here.
  CHECK(::open("/proc/self/exe", O_WRONLY | O_CLOEXEC) < 0);
  CHECK(::access("/proc/self/exe", W_OK) < 0);
  CHECK(errno == EROFS);
}

TEST_CASE("what runs can never be written through /proc/PID/exe" *
          doctest::skip(::geteuid() != 0)) {
  keeper::Starter starter({}, [](int executable, char* const[]) {
    std::string words[] = {"test-keeper", "--no-skip", "--quiet",
                           "--test-case=played by a child:*"};
    char* argv[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), nullptr};
    keeper::execute(executable, argv);
  });
  REQUIRE(starter.ready());
  const keeper::ChildProcess child = starter.start("launcher", -1);
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(child.pid), &info, WEXITED) == 0);
  CHECK(info.si_code == CLD_EXITED);
  CHECK(info.si_status == 0);
}

TEST_CASE("a worker is told of a launcher that its socket leads to, and then to begin") {
  Up up;
  CHECK(::write(up.launcher_socket.get(), "hello", 5) == 5);
  char buffer[8] = {};
  REQUIRE(wait_readable(up.launcher.worker.get()));
  CHECK(::read(up.launcher.worker.get(), buffer, sizeof(buffer)) == 5);
}

TEST_CASE("the end of a process that was born is told with its status") {
  Up up;
  const Borne borne = up.launcher.bear('c');
  up.launcher.tell({.kind = Kind::born, .id = 9, .pid = borne.pid});
  borne.end();
  const KeeperMessage exited = up.worker.told().message;
  CHECK(exited.kind == Kind::exited);
  CHECK(exited.id == 9);
  CHECK(exited.pid == borne.pid);
  CHECK(exited.code == CLD_KILLED);
  CHECK(exited.status == SIGTERM);
}

TEST_CASE("a process that ended before the keeper heard of its birth is not lost") {
  Up up;
  const Borne borne = up.launcher.bear('x');
  borne.wait_until_reaped();
  up.launcher.tell({.kind = Kind::born, .id = 10, .pid = borne.pid});
  const KeeperMessage exited = up.worker.told().message;
  CHECK(exited.kind == Kind::exited);
  CHECK(exited.id == 10);
  CHECK(exited.code == CLD_EXITED);
  CHECK(exited.status == 42);
}

TEST_CASE("a launcher's last words count, though it is dead when they are read") {
  Up up;
  const Borne borne = up.launcher.bear('c');
  up.launcher.tell({.kind = Kind::born, .id = 11, .pid = borne.pid});
  up.launcher.command('k');
  const KeeperMessage gone = up.worker.told().message;
  CHECK(gone.kind == Kind::launcher_gone);
  CHECK(gone.id == up.launcher_number);
  CHECK(gone.status == SIGKILL);
  borne.end();
  // Its successor and the exit, in either order.
  bool exited = false, ready = false;
  for (int i = 0; i < 2; ++i) {
    const KeeperMessage message = up.worker.told().message;
    exited |= message.kind == Kind::exited && message.id == 11;
    ready |= message.kind == Kind::launcher_ready && message.id != up.launcher_number;
  }
  CHECK(exited);
  CHECK(ready);
}

TEST_CASE("a new worker hears of all that there is, and gets launchers of its own") {
  Up up;
  int pipe_ends[2];
  REQUIRE(::pipe2(pipe_ends, O_CLOEXEC) == 0);
  const unique_fd reader(pipe_ends[0]);
  unique_fd writer(pipe_ends[1]);
  const Borne lives = up.launcher.bear('c');
  const Borne ended = up.launcher.bear('c');
  up.launcher.tell({.kind = Kind::hold, .held = handoff::HeldKind::log_stdout, .id = 1},
                   {writer.get()});
  writer.reset();
  up.launcher.tell({.kind = Kind::born, .id = 1, .pid = lives.pid});
  up.launcher.tell({.kind = Kind::born, .id = 2, .pid = ended.pid});
  ended.end();
  REQUIRE(up.worker.told().message.kind == Kind::exited);  // told, but not dropped
  const pid_t old_launcher = up.launcher.pid;
  up.worker.command('k');
  up.take_parts();
  CHECK(up.launcher.pid != old_launcher);

  const KeeperMessage crashed = up.worker.told().message;
  CHECK(crashed.kind == Kind::crashed);
  CHECK(crashed.id == 1);
  CHECK(crashed.code == CLD_KILLED);
  CHECK(crashed.status == SIGKILL);
  Told held = up.worker.told();
  CHECK(held.message.kind == Kind::held);
  CHECK(held.message.id == 1);
  CHECK(held.message.held == handoff::HeldKind::log_stdout);
  CHECK(::write(held.fd.get(), "x", 1) == 1);
  char byte = 0;
  CHECK(::read(reader.get(), &byte, 1) == 1);
  const KeeperMessage running = up.worker.told().message;
  CHECK(running.kind == Kind::running);
  CHECK(running.id == 1);
  CHECK(running.pid == lives.pid);
  const KeeperMessage exited = up.worker.told().message;
  CHECK(exited.kind == Kind::exited);
  CHECK(exited.id == 2);
  CHECK(up.worker.told().message.kind == Kind::launcher_ready);
  CHECK(up.worker.told().message.kind == Kind::begin);
  lives.end();
  CHECK(up.worker.told().message.kind == Kind::exited);
  // What is dropped is closed.
  held.fd.reset();
  up.worker.tell({.kind = Kind::drop, .id = 1});
  REQUIRE(wait_readable(reader.get()));
  CHECK(::read(reader.get(), &byte, 1) == 0);
}

TEST_CASE("a launcher that hangs is replaced at once") {
  Up up;
  up.worker.tell({.kind = Kind::replace_launcher, .id = up.launcher_number});
  bool gone = false, ready = false;
  for (int i = 0; i < 2; ++i) {
    const KeeperMessage message = up.worker.told().message;
    gone |= message.kind == Kind::launcher_gone && message.id == up.launcher_number;
    ready |= message.kind == Kind::launcher_ready && message.id != up.launcher_number;
  }
  CHECK(gone);
  CHECK(ready);
  CHECK(up.keeper.next().role == "launcher");
}

TEST_CASE("one more launcher is started when it is wanted") {
  Up up;
  up.worker.tell({.kind = Kind::want_launcher});
  CHECK(up.worker.told().message.kind == Kind::launcher_ready);
  CHECK(up.keeper.next().role == "launcher");
}

TEST_CASE("SIGTERM is told, and the keeper ends with a worker that has finished") {
  Up up;
  up.keeper.signal(SIGTERM);
  CHECK(up.worker.told().message.kind == Kind::stop);
  up.worker.tell({.kind = Kind::finished});
  up.worker.command('q', 0);
  CHECK(up.keeper.exit_code() == 0);
  // The launchers went with it.
  REQUIRE(wait_readable(up.launcher.control.get()));
}

TEST_CASE("a worker that dies while it stops everything is told to stop again") {
  Up up;
  up.keeper.signal(SIGINT);
  CHECK(up.worker.told().message.kind == Kind::stop);
  up.worker.command('k');
  up.take_parts();
  CHECK(up.worker.told().message.kind == Kind::crashed);
  CHECK(up.worker.told().message.kind == Kind::launcher_ready);
  CHECK(up.worker.told().message.kind == Kind::begin);
  CHECK(up.worker.told().message.kind == Kind::stop);
  up.worker.command('q', 0);
  CHECK(up.keeper.exit_code() == 0);
}

TEST_CASE("SIGHUP has the worker leave") {
  Up up;
  up.keeper.signal(SIGHUP);
  CHECK(up.worker.told().message.kind == Kind::leave);
}

TEST_CASE("a worker that cannot begin ends the keeper with its status") {
  KeeperProcess keeper;
  // Kept until the end: a worker whose socket is closed, and which lives on, is killed.
  Part parts[2] = {keeper.next(), keeper.next()};
  (parts[0].role == "worker" ? parts[0] : parts[1]).command('q', 2);
  CHECK(keeper.exit_code() == 2);
}
