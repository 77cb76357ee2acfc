#include "supervisor/kernel/process.h"

#include <string>

#include <sys/wait.h>

#include "supervisor/kernel/raw.h"

namespace berth::kernel {
namespace {

Result<std::optional<ChildExit>> wait_pidfd(int pidfd, int flags) {
  siginfo_t info{};
  while (::waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | __WALL | flags) != 0) {
    if (errno != EINTR) return fail_errno("cannot wait for a child");
  }
  if (info.si_pid == 0) return std::nullopt;
  return ChildExit{info.si_pid, info.si_code, info.si_status};
}

}  // namespace

Result<unique_fd> open_pidfd(pid_t pid) {
  const int fd = raw::pidfd_open(pid);
  if (fd < 0) return fail_errno("cannot open process " + std::to_string(pid), -fd);
  return unique_fd(fd);
}

Result<void> send_signal(int pidfd, int signal) {
  if (const int result = raw::pidfd_send_signal(pidfd, signal); result < 0) {
    return fail_errno("cannot send signal " + std::to_string(signal), -result);
  }
  return {};
}

Result<std::optional<ChildExit>> reap_if_ended(int pidfd) { return wait_pidfd(pidfd, WNOHANG); }

Result<ChildExit> reap(int pidfd) {
  const std::optional<ChildExit> exit = TRY(wait_pidfd(pidfd, 0));
  if (!exit) return fail("cannot wait for a child: it has not ended");
  return *exit;
}

}  // namespace berth::kernel
