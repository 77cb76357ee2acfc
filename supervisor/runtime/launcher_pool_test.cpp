// The pool with fake launchers: the test has the other end of each socket, and says what time it
// is.
#include "supervisor/runtime/launcher_pool.h"

#include <cerrno>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>

#include "supervisor/handoff/messages.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using namespace std::chrono_literals;

struct FakeLauncher {
  unique_fd socket;

  // The program it was given; 0: none.
  [[nodiscard]] std::uint64_t request() const {
    handoff::LauncherRequest request;
    ::fcntl(socket.get(), F_SETFL, O_NONBLOCK);
    const auto received = handoff::receive_message(
        socket.get(), std::as_writable_bytes(std::span(&request, std::size_t{1})));
    REQUIRE(received.has_value());
    return received->would_block ? 0 : request.program_id;
  }
  void reply(std::uint64_t program_id, std::int32_t failed_step = -1, int error = 0) const {
    handoff::LauncherReply reply;
    reply.program_id = program_id;
    reply.failed_step = failed_step;
    reply.error = error;
    REQUIRE(handoff::send(socket.get(), reply).has_value());
  }
};

struct Pool {
  Instant now{1h};
  unsigned wanted = 0;
  std::vector<std::uint64_t> replaced;
  std::vector<std::string> done;  // "name" or "name: error", in the order of their ends
  LauncherPool pool{{.want_launcher = [this] { ++wanted; },
                     .replace_launcher = [this](std::uint64_t n) { replaced.push_back(n); }}};

  FakeLauncher add(std::uint64_t number) {
    int ends[2];
    REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
    pool.add_launcher(number, unique_fd(ends[0]), now);
    return {unique_fd(ends[1])};
  }
  void submit(const std::string& name, std::vector<unique_fd> fds = {}) {
    Job job;
    job.program.from({"the step of " + name, "web.toml", 3, 1});
    job.program.add(Op::make_path, {.text = "/" + name});
    job.fds = std::move(fds);
    job.deadline = 10s;
    job.done = [this, name](const JobResult& result) {
      done.push_back(result.error ? name + ": " + result.error->message() : name);
    };
    pool.submit(std::move(job), now);
  }
  void pass(Duration time) {
    now += time;
    pool.on_time(now);
  }
  // Carries out what the launcher was given.
  void serve(std::uint64_t number, const FakeLauncher& launcher) {
    const std::uint64_t program = launcher.request();
    REQUIRE(program != 0);
    launcher.reply(program);
    pool.on_readable(number, now);
  }
};

using Names = std::vector<std::string>;

TEST_CASE("programs wait for a launcher and are dispatched in the order they came") {
  Pool pool;
  for (const char* name : {"a", "b", "c"}) pool.submit(name);
  CHECK(pool.pool.unfinished() == 3);
  const FakeLauncher first = pool.add(1);
  pool.serve(1, first);
  CHECK(pool.done == Names{"a"});
  const FakeLauncher second = pool.add(2);
  pool.serve(2, second);
  pool.serve(1, first);
  CHECK(pool.done == Names{"a", "c", "b"});
  CHECK(pool.pool.unfinished() == 0);
  CHECK(!pool.pool.next_deadline());
}

TEST_CASE("a launcher that does not answer in time is replaced, and its program names the step") {
  Pool pool;
  const FakeLauncher launcher = pool.add(7);
  pool.submit("a");
  CHECK(pool.pool.next_deadline() == pool.now + 10s);
  pool.pass(10s - 1ms);
  CHECK(pool.done.empty());
  pool.pass(1ms);
  CHECK(pool.done ==
        Names{"a: web.toml:3:1: the step of a: it does not answer (given up after 10s)"});
  CHECK(pool.replaced == std::vector<std::uint64_t>{7});
  CHECK(pool.pool.fd(7) == -1);
}

TEST_CASE("a pool whose programs wait asks for one more launcher at a time, up to its most") {
  Pool pool;
  std::vector<FakeLauncher> launchers;
  launchers.push_back(pool.add(1));
  for (std::size_t i = 0; i < LauncherPool::kMaxLaunchers + 2; ++i) pool.submit("job");
  CHECK(pool.pool.next_deadline() == pool.now + 250ms);
  pool.pass(249ms);
  CHECK(pool.wanted == 0);
  for (std::uint64_t number = 2; number <= LauncherPool::kMaxLaunchers; ++number) {
    pool.pass(1ms);
    CHECK(pool.wanted == number - 1);
    pool.pass(1ms);
    CHECK(pool.wanted == number - 1);  // one is on its way
    launchers.push_back(pool.add(number));
  }
  pool.pass(1s);
  CHECK(pool.wanted == LauncherPool::kMaxLaunchers - 1);
}

TEST_CASE("a program that cannot be sent fails, and the next one has its turn") {
  Pool pool;
  const FakeLauncher launcher = pool.add(1);
  std::vector<unique_fd> none(1);  // EBADF
  pool.submit("bad", std::move(none));
  std::vector<unique_fd> many;
  for (std::size_t i = 0; i < handoff::kMaxFds; ++i) many.emplace_back(::dup(0));
  pool.submit("large", std::move(many));  // the program itself is one more
  pool.submit("good");
  pool.serve(1, launcher);
  CHECK(pool.done == Names{"bad: cannot send a message: Bad file descriptor",
                           "large: cannot send a message: Argument list too long", "good"});
  CHECK(pool.replaced.empty());
}

TEST_CASE("a launcher that takes nothing keeps nobody waiting, and the program stays queued") {
  Pool pool;
  int ends[2];
  REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0);
  const handoff::LauncherRequest filling;
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  while (handoff::send(ends[0], filling)) {
  }
  ::fcntl(ends[0], F_SETFL, 0);
  const unique_fd full(ends[1]);
  pool.pool.add_launcher(1, unique_fd(ends[0]), pool.now);
  pool.submit("a");
  CHECK(pool.done.empty());
  CHECK(pool.replaced.empty());
  const FakeLauncher other = pool.add(2);
  pool.serve(2, other);
  CHECK(pool.done == Names{"a"});
}

TEST_CASE("a program whose launcher is found gone goes to another") {
  Pool pool;
  {
    const FakeLauncher gone = pool.add(1);
  }
  pool.submit("a");
  CHECK(pool.replaced == std::vector<std::uint64_t>{1});
  const FakeLauncher other = pool.add(2);
  pool.serve(2, other);
  CHECK(pool.done == Names{"a"});
}

TEST_CASE("a program fails with the launcher that ends while it carries it out") {
  Pool pool;
  const FakeLauncher launcher = pool.add(1);
  pool.submit("a");
  pool.submit("b");
  pool.pool.launcher_gone(1, pool.now);
  CHECK(pool.done ==
        Names{"a: web.toml:3:1: the step of a: the launcher ended before it had answered"});
  const FakeLauncher other = pool.add(2);
  pool.serve(2, other);
  CHECK(pool.done.back() == "b");
}

TEST_CASE("an answer that cannot be received whole fails its program, not the launcher") {
  Pool pool;
  const FakeLauncher launcher = pool.add(1);
  pool.submit("a");
  REQUIRE(launcher.request() != 0);
  const std::string large(sizeof(handoff::LauncherReply) + 1, 'x');
  REQUIRE(handoff::send_message(launcher.socket.get(), std::as_bytes(std::span(large)), {}));
  pool.pool.on_readable(1, pool.now);
  CHECK(pool.done == Names{"a: cannot receive a message: Message too long"});
  CHECK(pool.replaced.empty());
  pool.submit("b");
  pool.serve(1, launcher);
  CHECK(pool.done.back() == "b");
}

TEST_CASE("a failure is told in the operator's words where an errno says too little") {
  handoff::Program program;
  program.from({"user: nosuch", "web.toml", 4, 8});
  program.add(Op::find_user, {.text = "nosuch"});
  program.from({"limits.memory: 4096", "web.toml", 5, 1});
  program.add(Op::write_file, {.text = "/cgroup/memory.max", .text2 = "4096"});
  CHECK(explain_failure(program, 0, ENOENT, "").message() ==
        "web.toml:4:8: user: nosuch: no such user or group in the container's /etc/passwd or "
        "/etc/group");
  CHECK(explain_failure(program, 0, ERANGE, "").message() ==
        "web.toml:4:8: user: nosuch: an id is out of range");
  CHECK(explain_failure(program, 0, EINVAL, "").message() ==
        "web.toml:4:8: user: nosuch: Invalid argument");
  CHECK(explain_failure(program, 1, EBUSY, "").message() ==
        "web.toml:5:1: limits.memory: 4096: the container uses more than that");
}

}  // namespace
}  // namespace berth::runtime
