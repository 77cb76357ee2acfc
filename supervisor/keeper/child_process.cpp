#include "supervisor/keeper/child_process.h"

#include <algorithm>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/kernel/raw.h"

namespace berth::keeper {
namespace {

namespace raw = kernel::raw;
constexpr int kAside = 10;  // above the numbers that a child is given
constexpr int kCannotExecute = 126;

// This program on a read-only mount of its own: a container that gets at /proc/PID/exe of a
// launcher, or of a child before its execve, cannot open it for writing, not even when no berthd
// runs any more. The plain file where that is not possible: without CAP_SYS_ADMIN there are no
// containers.
unique_fd open_self() {
  unique_fd self(::open("/proc/self/exe", O_PATH | O_CLOEXEC));
  const unique_fd clone(std::max(
      raw::open_tree(self.get(), "", AT_EMPTY_PATH | raw::kOpenTreeClone | O_CLOEXEC), -1));
  const bool read_only =
      clone && raw::mount_setattr(clone.get(), false, raw::kMountReadOnly, 0, MS_PRIVATE) == 0;
  return unique_fd(::fcntl(read_only ? clone.get() : self.get(), F_DUPFD_CLOEXEC, kAside));
}

}  // namespace

void execute(int executable, char* const argv[]) { raw::execveat(executable, argv, environ); }

void ChildProcess::kill() const noexcept {
  if (pid != 0) raw::pidfd_send_signal(pidfd.get(), SIGKILL);
}

void ChildProcess::wait(Duration patience) const noexcept {
  pollfd end{pidfd.get(), POLLIN, 0};
  const auto limit = std::chrono::ceil<std::chrono::milliseconds>(patience).count();
  if (pid == 0 || ::poll(&end, 1, static_cast<int>(limit)) <= 0) return;
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | __WALL);
}

Starter::Starter(const std::vector<std::string>& arguments, Become become) : become_(become) {
  executable_ = open_self();
  ::getrlimit(RLIMIT_NOFILE, &files_);
  const rlimit raised{files_.rlim_max, files_.rlim_max};
  ::setrlimit(RLIMIT_NOFILE, &raised);
  words_ = {"berthd", ""};
  words_.insert(words_.end(), arguments.begin(), arguments.end());
  for (std::string& word : words_) argv_.push_back(word.data());
  argv_.push_back(nullptr);
}

// In the child of fork. Nothing of the keeper's is left but 0, 1 and 2, and what is meant for it.
void Starter::run_child(int keeper_end, int second) {
  const int first_aside = ::fcntl(keeper_end, F_DUPFD_CLOEXEC, kAside);
  const int second_aside = second < 0 ? -1 : ::fcntl(second, F_DUPFD_CLOEXEC, kAside);
  ::dup2(first_aside, handoff::kKeeperFd);
  int last = handoff::kKeeperFd;
  if (second_aside >= 0) ::dup2(second_aside, last = handoff::kLauncherWorkerFd);
  const auto kept = static_cast<unsigned>(executable_.get());
  raw::close_range(static_cast<unsigned>(last) + 1, kept - 1, 0);
  raw::close_range(kept + 1, ~0u, 0);
  // A terminal's interrupt is the keeper's alone: it says when to stop, and in which order.
  ::setpgid(0, 0);
  ::setrlimit(RLIMIT_NOFILE, &files_);
  raw::reset_signal_dispositions(0);
  raw::clear_signal_mask();
  become_(executable_.get(), argv_.data());
  ::_exit(kCannotExecute);
}

ChildProcess Starter::start(const char* role, int second) {
  ChildProcess child;
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return child;
  child.socket.reset(ends[0]);
  const unique_fd theirs(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  argv_[1] = const_cast<char*>(role);
  const pid_t pid = ::fork();
  if (pid == 0) run_child(theirs.get(), second);
  if (pid < 0) return child;
  child.pid = pid;
  child.pidfd.reset(raw::pidfd_open(pid));  // not reaped yet: the number is its own
  child.started = BootClock::now();
  return child;
}

}  // namespace berth::keeper
