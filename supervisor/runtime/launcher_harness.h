// For tests: a real launcher in a process and namespaces of its own. The test is its keeper and
// its worker, and, through CLONE_PARENT, the parent of what it spawns.
#pragma once

#include <cstring>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/messages.h"
#include "supervisor/handoff/program.h"
#include "supervisor/kernel/process.h"
#include "supervisor/runtime/launcher.h"

namespace berth::runtime::testing {

using handoff::KeeperMessage;
using handoff::Op;
using handoff::Program;
using handoff::slot;

inline bool is_root() { return ::geteuid() == 0; }

inline std::string content_of(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream content;
  content << file.rdbuf();
  return content.str();
}

// A directory that is removed with everything in it.
struct TemporaryDirectory {
  std::string path;
  TemporaryDirectory() {
    char name[] = "/tmp/berth-test-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    path = name;
  }
  ~TemporaryDirectory() { std::ignore = std::system(("rm -rf " + path).c_str()); }
};

struct Pipe {
  unique_fd reader, writer;
  Pipe() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    reader.reset(ends[0]);
    writer.reset(ends[1]);
  }
  // Everything until all writers are gone.
  std::string drain() {
    writer.reset();
    std::string out;
    char buffer[4096];
    for (ssize_t size = 0; (size = ::read(reader.get(), buffer, sizeof(buffer))) > 0;) {
      out.append(buffer, static_cast<std::size_t>(size));
    }
    return out;
  }
};

struct Answer {
  handoff::LauncherReply reply;
  std::vector<unique_fd> fds;
  [[nodiscard]] std::string detail() const { return reply.detail; }
  // "step 3 (attach): EINVAL, detail" for messages of failed checks.
  [[nodiscard]] std::string text() const {
    return "step " + std::to_string(reply.failed_step) + ": " + std::strerror(reply.error) + ", " +
           reply.detail;
  }
};

class TestLauncher {
 public:
  TestLauncher() {
    int keeper[2], worker[2];
    const int type = SOCK_SEQPACKET | SOCK_CLOEXEC;
    REQUIRE(::socketpair(AF_UNIX, type, 0, keeper) == 0);
    REQUIRE(::socketpair(AF_UNIX, type, 0, worker) == 0);
    keeper_.reset(keeper[0]);
    worker_.reset(worker[0]);
    pid_ = ::fork();
    REQUIRE(pid_ >= 0);
    if (pid_ == 0) {
      ::close(keeper[0]);
      ::close(worker[0]);
      // Its links and addresses end with it.
      const bool apart = ::unshare(CLONE_NEWNET) == 0;
      ::_exit(apart ? run_launcher(keeper[1], worker[1]) : 99);
    }
    ::close(keeper[1]);
    ::close(worker[1]);
  }
  ~TestLauncher() {
    keeper_.reset();
    worker_.reset();
    if (pid_ > 0) ::waitpid(pid_, nullptr, 0);
  }

  void send(const Program& program, const std::vector<int>& fds = {}) {
    const auto memfd = program.to_memfd();
    REQUIRE(memfd.has_value());
    send_memfd(memfd->get(), program.serialize().size(), fds);
  }
  void send_memfd(int memfd, std::size_t size, const std::vector<int>& fds = {}) {
    handoff::LauncherRequest request{++program_id_, static_cast<std::uint32_t>(size),
                                     static_cast<std::uint32_t>(fds.size())};
    std::vector<int> all = {memfd};
    all.insert(all.end(), fds.begin(), fds.end());
    REQUIRE(handoff::send(worker_.get(), request, all).has_value());
  }
  Answer receive() {
    Answer answer;
    auto received = handoff::receive_message(worker_.get(),
                                             std::as_writable_bytes(std::span(&answer.reply, 1)));
    REQUIRE(received.has_value());
    REQUIRE(received->size == sizeof(answer.reply));
    answer.fds = std::move(received->fds);
    CHECK(answer.reply.program_id == program_id_);
    CHECK(answer.reply.fd_count == answer.fds.size());
    return answer;
  }
  Answer run(const Program& program, const std::vector<int>& fds = {}) {
    send(program, fds);
    return receive();
  }

  struct FromLauncher {
    KeeperMessage message;
    unique_fd fd;
  };
  // What it told its keeper; waits for it.
  FromLauncher told() {
    FromLauncher from;
    auto received = handoff::receive_message(keeper_.get(),
                                             std::as_writable_bytes(std::span(&from.message, 1)));
    REQUIRE(received.has_value());
    REQUIRE(received->size == sizeof(from.message));
    if (!received->fds.empty()) from.fd = std::move(received->fds[0]);
    return from;
  }

  // The launcher is killed, as the keeper would; the sockets stay.
  void kill() {
    ::kill(pid_, SIGKILL);
    ::waitpid(std::exchange(pid_, -1), nullptr, 0);
  }
  void let_go_of_keeper() { keeper_.reset(); }
  int wait() {
    int status = 0;
    ::waitpid(std::exchange(pid_, -1), &status, 0);
    return status;
  }
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string mounts() const {
    return content_of("/proc/" + std::to_string(pid_) + "/mountinfo");
  }

 private:
  unique_fd keeper_, worker_;
  pid_t pid_ = -1;
  std::uint64_t program_id_ = 0;
};

inline kernel::ChildExit reap_pid(pid_t pid) {
  siginfo_t info{};
  REQUIRE(::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | __WALL) == 0);
  return {info.si_pid, info.si_code, info.si_status};
}

// "a", "b" -> "a\0b"
inline std::string words(std::initializer_list<std::string_view> list) {
  std::string out;
  for (const std::string_view word : list) {
    if (!out.empty()) out += '\0';
    out += word;
  }
  return out;
}

}  // namespace berth::runtime::testing
