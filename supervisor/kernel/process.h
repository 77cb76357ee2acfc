// Processes by pidfd: no process is ever signalled by its number.
#pragma once

#include <cstdint>
#include <optional>

#include <sys/types.h>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::kernel {

// ESRCH: no such process. The caller says how it knows that the number is still its process's.
Result<unique_fd> open_pidfd(pid_t pid);
// ESRCH: it has ended.
Result<void> send_signal(int pidfd, int signal);

// When it began, in clock ticks since the boot (/proc/PID/stat, field 22): with the boot's id and
// the number this is one process, and no other.
Result<std::uint64_t> start_time_of(pid_t pid);

// It has ended (poll(2) says so of its pidfd), whether it has been reaped or not.
bool has_ended(int pidfd);

// How a child ended, as waitid tells it.
struct ChildExit {
  pid_t pid = 0;
  int code = 0;    // CLD_EXITED, CLD_KILLED, CLD_DUMPED
  int status = 0;  // exit code or signal
};
// Reaps the child behind a pidfd; none when it lives. ECHILD: not ours, or reaped already.
Result<std::optional<ChildExit>> reap_if_ended(int pidfd);
// How a process that is no child of ours ended, once its parent has reaped it. None: nobody can
// tell, or not yet. Linux 6.15 (PIDFD_GET_INFO with PIDFD_INFO_EXIT), for a pidfd that was opened
// before.
std::optional<ChildExit> exit_of_other(int pidfd);

// Waits for its end and reaps it.
Result<ChildExit> reap(int pidfd);

}  // namespace berth::kernel
