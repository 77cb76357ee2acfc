#include "supervisor/kernel/process.h"

#include <charconv>
#include <string>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "supervisor/base/files.h"
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

// linux/pidfd.h of Linux 6.15; Debian 12's is older.
struct PidfdInfo {
  std::uint64_t mask;
  std::uint64_t cgroup_id;
  std::uint32_t pid, tgid, ppid;
  std::uint32_t ids[8];  // ruid, rgid, and so on
  std::int32_t exit_code;
};
static_assert(sizeof(PidfdInfo) == 64);
constexpr std::uint64_t kInfoExit = 1u << 3;
constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, PidfdInfo);

constexpr int kStartTimeField = 22;

}  // namespace

Result<std::uint64_t> start_time_of(pid_t pid) {
  const std::string text = TRY(read_small_file("/proc/" + std::to_string(pid) + "/stat"));
  // The second field is its name in parentheses, with any character in it.
  std::size_t at = text.rfind(')');
  for (int field = 2; at != std::string::npos && field < kStartTimeField; ++field) {
    at = text.find(' ', at + 1);
  }
  if (at == std::string::npos) return fail("/proc/PID/stat is not as it should be");
  std::uint64_t ticks = 0;
  const auto [end, error] = std::from_chars(text.data() + at + 1, text.data() + text.size(), ticks);
  if (error != std::errc()) return fail("/proc/PID/stat is not as it should be");
  return ticks;
}

bool has_ended(int pidfd) {
  pollfd end{pidfd, POLLIN, 0};
  return ::poll(&end, 1, 0) > 0;
}

std::optional<ChildExit> exit_of_other(int pidfd) {
  PidfdInfo info{};
  info.mask = kInfoExit;
  if (::ioctl(pidfd, kGetInfo, &info) != 0 || (info.mask & kInfoExit) == 0) return std::nullopt;
  const int status = info.exit_code;
  if (WIFEXITED(status)) return ChildExit{0, CLD_EXITED, WEXITSTATUS(status)};
  return ChildExit{0, WCOREDUMP(status) ? CLD_DUMPED : CLD_KILLED, WTERMSIG(status)};
}

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
