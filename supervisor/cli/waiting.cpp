#include "supervisor/cli/waiting.h"

#include "supervisor/cli/words.h"

namespace berth::cli {

namespace {

using control::ContainerStatus;

Verdict judge_down(const ContainerStatus& now) {
  const bool down = now.phase == "stopped" || now.phase == "absent" || now.phase == "failed";
  return {down && !now.pid ? Verdict::Kind::reached : Verdict::Kind::not_yet, ""};
}

}  // namespace

Verdict judge(Goal goal, const Watched& watched, const std::optional<ContainerStatus>& now) {
  if (!now) {
    if (goal == Goal::down) return {Verdict::Kind::reached, ""};
    return {Verdict::Kind::missed, "its definition was removed"};
  }
  if (goal == Goal::down) return judge_down(*now);
  const bool launched = now->launch > watched.before.launch;
  const bool was_running = watched.before.pid.has_value() && watched.before.phase != "stopping";
  const bool this_run = launched || (goal == Goal::up && was_running);
  if (now->phase == "ready" && now->type != "oneshot" && this_run) {
    return {Verdict::Kind::reached, ""};
  }
  if (now->completed && now->type == "oneshot" && this_run) return {Verdict::Kind::reached, ""};
  if (now->phase == "failed" && (launched || watched.moved || watched.before.phase != "failed")) {
    return {Verdict::Kind::missed, plight(*now)};
  }
  if (now->phase == "stopped" && this_run && !now->completed) {
    const std::string how = now->last_exit.empty() ? "" : ": " + now->last_exit;
    return {Verdict::Kind::missed, "it ended before it was ready" + how};
  }
  return {};
}

}  // namespace berth::cli
