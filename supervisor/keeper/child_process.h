// The keeper's own children: the worker and the launchers, which are this program again.
#pragma once

#include <string>
#include <vector>

#include <sys/resource.h>
#include <sys/types.h>

#include "supervisor/base/clock.h"
#include "supervisor/base/unique_fd.h"

namespace berth::keeper {

// Turns a forked process into the program; returns only when that fails. A test has another one.
using Become = void (*)(int executable, char* const argv[]);
void execute(int executable, char* const argv[]);

struct ChildProcess {
  pid_t pid = 0;  // 0: there is none
  unique_fd pidfd;
  unique_fd socket;  // the keeper's end, not blocking
  Instant started;

  void kill() const noexcept;
  // Until it has ended, or for so long.
  void wait(Duration patience) const noexcept;
};

class Starter {
 public:
  // arguments: what follows the role's name on each command line.
  Starter(const std::vector<std::string>& arguments, Become become);
  [[nodiscard]] bool ready() const { return executable_.get() >= 0; }

  // role: "worker" or "launcher". `second`, when it is a descriptor, is the child's number 4; 3 is
  // its end of a socket pair with the keeper. pid 0: it could not be started.
  ChildProcess start(const char* role, int second);

 private:
  [[noreturn]] void run_child(int keeper_end, int second);

  // Opened once: an upgrade on the disk does not mix two versions. On a read-only mount of its own,
  // so that nobody writes it through /proc/PID/exe.
  unique_fd executable_;
  Become become_;
  rlimit files_{};  // before the keeper raised its own
  std::vector<std::string> words_;
  std::vector<char*> argv_;
};

}  // namespace berth::keeper
