// Processes by pidfd: no process is ever signalled by its number.
#pragma once

#include <optional>

#include <sys/types.h>

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"

namespace berth::kernel {

// ESRCH: no such process. The caller says how it knows that the number is still its process's.
Result<unique_fd> open_pidfd(pid_t pid);
// ESRCH: it has ended.
Result<void> send_signal(int pidfd, int signal);

// How a child ended, as waitid tells it.
struct ChildExit {
  pid_t pid = 0;
  int code = 0;    // CLD_EXITED, CLD_KILLED, CLD_DUMPED
  int status = 0;  // exit code or signal
};
// Reaps the child behind a pidfd; none when it lives. ECHILD: not ours, or reaped already.
Result<std::optional<ChildExit>> reap_if_ended(int pidfd);
// Waits for its end and reaps it.
Result<ChildExit> reap(int pidfd);

}  // namespace berth::kernel
