// For tests only: network namespaces of the test's own, and a player for the few steps that network
// programs consist of. (The launcher's interpreter lies in a folder above this one.) Whatever a
// test makes lies in its namespaces and is gone when their last descriptor is closed.
#pragma once

#include <cstdio>
#include <cstring>
#include <string>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/program.h"

namespace berth::network::testing {

inline bool can_make_namespaces() {
  if (::geteuid() == 0) return true;
  MESSAGE("skipped: needs root");
  return false;
}

inline unique_fd current_netns() {
  return unique_fd(::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
}

inline void enter(int netns) { REQUIRE(::setns(netns, CLONE_NEWNET) == 0); }

// A scope within another network namespace.
class Within {
 public:
  explicit Within(int netns) : outer_(current_netns()) { enter(netns); }
  Within(const Within&) = delete;
  Within& operator=(const Within&) = delete;
  ~Within() {
    if (::setns(outer_.get(), CLONE_NEWNET) != 0) std::abort();
  }

 private:
  unique_fd outer_;
};

inline unique_fd make_netns() {
  const unique_fd outer = current_netns();
  REQUIRE(::unshare(CLONE_NEWNET) == 0);
  unique_fd made = current_netns();
  enter(outer.get());
  return made;
}

// A network namespace that plays the host, entered for the scope's time.
class HostNetns {
 public:
  HostNetns() : netns_(make_netns()), within_(netns_.get()) {}
  [[nodiscard]] int get() const { return netns_.get(); }

 private:
  unique_fd netns_;
  Within within_;
};

inline int write_text(const std::string& path, std::string_view text) {
  const unique_fd file(::open(path.c_str(), O_WRONLY | O_CLOEXEC));
  if (!file) return errno;
  return ::write(file.get(), text.data(), text.size()) < 0 ? errno : 0;
}

inline std::string read_text(const std::string& path) {
  const unique_fd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char buffer[4096];
  const ssize_t size = ::read(file.get(), buffer, sizeof buffer);
  return size < 0 ? "" : std::string(buffer, static_cast<std::size_t>(size));
}

// The output of a shell command, run in the current network namespace; it must succeed.
inline std::string output_of(const std::string& command) {
  INFO(command);
  FILE* pipe = ::popen(command.c_str(), "re");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[4096];
  for (std::size_t size = 0; (size = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
    output.append(buffer, size);
  REQUIRE(::pclose(pipe) == 0);
  return output;
}

// Sends one request and waits for its acknowledgement: 0 or an errno.
inline int send_request(int socket, std::string_view request) {
  if (::send(socket, request.data(), request.size(), 0) < 0) return errno;
  char answer[8192];
  const ssize_t size = ::recv(socket, answer, sizeof answer, 0);
  if (size < static_cast<ssize_t>(sizeof(nlmsghdr) + sizeof(nlmsgerr))) return EPROTO;
  nlmsghdr header{};
  nlmsgerr error{};
  std::memcpy(&header, answer, sizeof header);
  std::memcpy(&error, answer + sizeof header, sizeof error);
  return header.nlmsg_type == NLMSG_ERROR ? -error.error : EPROTO;
}

// Runs a command with an input, its output to `output` when that is one: 0 or EREMOTEIO.
inline int run_command(std::string_view arguments, std::string_view input, int output) {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
  std::string words(arguments);
  std::vector<char*> argv;
  for (std::size_t at = 0; at < words.size(); at = words.find('\0', at) + 1) {
    argv.push_back(words.data() + at);
    if (words.find('\0', at) == words.npos) break;
  }
  argv.push_back(nullptr);
  const pid_t child = ::fork();
  if (child == 0) {
    ::dup2(ends[0], 0);
    if (output >= 0) ::dup2(output, 1);
    ::dup2(::open("/dev/null", O_WRONLY), 2);
    ::execvp(argv[0], argv.data());
    ::_exit(127);
  }
  ::close(ends[0]);
  while (!input.empty()) {
    const ssize_t written = ::write(ends[1], input.data(), input.size());
    if (written <= 0) break;
    input.remove_prefix(static_cast<std::size_t>(written));
  }
  ::close(ends[1]);
  int status = 0;
  ::waitpid(child, &status, 0);
  return status == 0 ? 0 : EREMOTEIO;
}

// Plays host steps one after another, as the launcher does: at the very descriptor numbers that
// the program names.
class Player {
 public:
  Player() = default;
  Player(const Player&) = delete;
  Player& operator=(const Player&) = delete;
  ~Player() {
    for (int i = 0; i < handoff::kSlotCount; ++i) ::close(handoff::slot(i));
  }

  // "" or what failed: "create link eth0: errno 17".
  std::string play(const handoff::Program& program) {
    for (std::size_t i = 0; i < program.steps().size(); ++i) {
      const handoff::Step& step = program.steps()[i];
      const int error = play(program, step);
      if (error != 0 && !tolerated(step, error))
        return program.origin(i).what + ": errno " + std::to_string(error);
    }
    return "";
  }

 private:
  static bool tolerated(const handoff::Step& step, int error) {
    const bool missing =
        error == ENOENT || error == ENODEV || error == ESRCH || error == EADDRNOTAVAIL;
    return (step.flags & handoff::kTolerateAll) != 0 ||
           ((step.flags & handoff::kTolerateExists) != 0 && error == EEXIST) ||
           ((step.flags & handoff::kTolerateMissing) != 0 && missing);
  }

  static int place(unique_fd fd, int slot) {
    if (!fd) return errno;
    return ::dup3(fd.get(), slot, O_CLOEXEC) < 0 ? errno : 0;
  }

  static int open_netlink(const handoff::Step& step) {
    const unique_fd outer = current_netns();
    if (step.fd2 >= 0) enter(step.fd2);
    unique_fd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    enter(outer.get());
    return place(std::move(socket), step.fd);
  }

  int set_netns(int netns) {
    if (netns >= 0) outer_ = current_netns();
    enter(netns >= 0 ? netns : outer_.get());
    return 0;
  }

  int play(const handoff::Program& program, const handoff::Step& step) {
    using handoff::Op;
    const std::string text(program.text(step.text));
    const std::string_view text2 = program.text(step.text2);
    switch (step.op) {
      case Op::new_netns: return place(make_netns(), step.fd);
      case Op::open_path:
        return place(unique_fd(::open(text.c_str(), static_cast<int>(step.value))), step.fd);
      case Op::close: return ::close(step.fd) == 0 ? 0 : errno;
      case Op::write_file: return write_text(text, text2);
      case Op::set_ns: return set_netns(step.fd);
      case Op::netlink_open: return open_netlink(step);
      case Op::netlink: return send_request(step.fd, text);
      case Op::run: return run_command(text, text2, step.fd);
      case Op::hold:
      case Op::give: return ::fcntl(step.fd, F_GETFD) >= 0 ? 0 : errno;
      default: return ENOSYS;
    }
  }

  unique_fd outer_;  // while another network namespace is set
};

// Plays a program that makes a sandbox, and takes the namespace that it gives.
inline unique_fd play_sandbox(const handoff::Program& program, int netns_slot) {
  Player player;
  REQUIRE(player.play(program) == "");
  return unique_fd(::fcntl(netns_slot, F_DUPFD_CLOEXEC, 3));
}

}  // namespace berth::network::testing
