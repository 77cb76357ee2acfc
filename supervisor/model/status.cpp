#include "supervisor/model/status.h"

#include "supervisor/model/keys.h"

namespace berth {

std::string_view name_of(Phase phase) {
  switch (phase) {
    case Phase::absent: return "absent";
    case Phase::pulling: return "pulling";
    case Phase::creating: return "creating";
    case Phase::starting: return "starting";
    case Phase::ready: return "ready";
    case Phase::unhealthy: return "unhealthy";
    case Phase::stopping: return "stopping";
    case Phase::stopped: return "stopped";
    case Phase::backing_off: return "backing-off";
    case Phase::failed: return "failed";
    case Phase::frozen: return "frozen";
  }
  return "?";
}

std::string_view name_of(Health health) {
  switch (health) {
    case Health::none: return "none";
    case Health::starting: return "starting";
    case Health::healthy: return "healthy";
    case Health::unhealthy: return "unhealthy";
  }
  return "?";
}

std::string describe(const ExitStatus& status) {
  std::string text = "unknown";
  if (status.kind == ExitStatus::Kind::exited) text = "exit code " + std::to_string(status.code);
  if (status.kind == ExitStatus::Kind::signaled) {
    text = "signal " + std::to_string(status.code);
    const std::string name = format_signal(Signal{status.code});
    if (name.starts_with("SIG")) text += " (" + name.substr(3) + ")";
  }
  if (status.oom_killed) text += ", out of memory";
  return text;
}

}  // namespace berth
