#include "supervisor/plan/process_end.h"

#include <algorithm>

#include "supervisor/plan/backoff.h"
#include "supervisor/plan/health.h"

namespace berth::planning {

namespace {

void stay_down_well(ObservedContainer& container) {
  container.phase = Phase::stopped;
  container.resting = true;
  container.error.clear();
}

bool ended_by_wish(const ObservedContainer& container) {
  if (container.intent == Intent::stop || container.restart_requested) return true;
  return container.stop_sent_at && !container.stop_unhealthy;
}

// A machine that does nothing but reboot must not keep the host busy with it.
constexpr Duration kRebootDelayLeast = std::chrono::milliseconds(100);

void begin_anew(ObservedContainer& container, Instant now) {
  container.phase = Phase::stopped;
  container.error.clear();
  container.next_start = now + std::max(start_delay(container.spec->restart, 0), kRebootDelayLeast);
}

void decide_rest(ObservedContainer& container, const ExitStatus& status, Instant now) {
  const RestartPolicy policy = container.spec->restart.policy;
  if (container.spec->type == ContainerType::oneshot && status.success() &&
      !container.stop_sent_at && !container.restart_requested) {
    container.completed = true;
    return stay_down_well(container);
  }
  if (ended_by_wish(container)) {
    container.phase = Phase::stopped;
    container.error.clear();
    return;
  }
  if (container.stop_unhealthy) {
    return record_failure(container, "unhealthy: " + container.probe_message, now);
  }
  const MachineEnd machine = machine_end(*container.spec, status);
  if (machine == MachineEnd::reboot) return begin_anew(container, now);
  const bool well = status.success() || machine == MachineEnd::power_off;
  const bool rests_when_well = policy == RestartPolicy::no || policy == RestartPolicy::on_failure;
  if (well && rests_when_well) return stay_down_well(container);
  const bool by_itself = machine == MachineEnd::power_off;
  record_failure(container, by_itself ? "it powered itself off" : describe(status), now);
}

}  // namespace

MachineEnd machine_end(const ContainerSpec& spec, const ExitStatus& status) {
  constexpr int kHangUp = 1;     // SIGHUP: LINUX_REBOOT_CMD_RESTART and RESTART2
  constexpr int kInterrupt = 2;  // SIGINT: HALT and POWER_OFF
  if (!spec.boots() || status.kind != ExitStatus::Kind::signaled) {
    return MachineEnd::none;
  }
  if (status.code == kHangUp) return MachineEnd::reboot;
  return status.code == kInterrupt ? MachineEnd::power_off : MachineEnd::none;
}

void process_ended(ObservedContainer& container, const ExitStatus& status, Instant now) {
  container.last_exit = status;
  container.exited_id = container.launch_id;
  if (container.spec)
    decide_rest(container, status, now);
  else
    container.phase = Phase::stopped;
  const bool was_stable = container.spec && container.ready_at &&
                          now - *container.ready_at >= container.spec->restart.reset_after;
  if (was_stable) container.content_starts = 0;
  container.pid = 0;
  container.ready_at.reset();
  container.stop_sent_at.reset();
  container.stop_unhealthy = false;
  container.kill_sent_at.reset();
  container.restart_requested = false;
  end_health(container);
}

}  // namespace berth::planning
