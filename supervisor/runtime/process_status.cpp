#include "supervisor/runtime/process_status.h"

#include <sys/wait.h>

namespace berth::runtime {

ExitStatus to_status(int code, int status) {
  switch (code) {
    case CLD_EXITED: return {ExitStatus::Kind::exited, status, false};
    case CLD_KILLED:
    case CLD_DUMPED: return {ExitStatus::Kind::signaled, status, false};
    default: return {};
  }
}

}  // namespace berth::runtime
