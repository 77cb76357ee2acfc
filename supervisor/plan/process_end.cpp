#include "supervisor/plan/process_end.h"

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
  const bool rests_when_well = policy == RestartPolicy::no || policy == RestartPolicy::on_failure;
  if (status.success() && rests_when_well) return stay_down_well(container);
  record_failure(container, describe(status), now);
}

}  // namespace

void process_ended(ObservedContainer& container, const ExitStatus& status, Instant now) {
  container.last_exit = status;
  container.exited_id = container.launch_id;
  if (container.spec)
    decide_rest(container, status, now);
  else
    container.phase = Phase::stopped;
  container.pid = 0;
  container.ready_at.reset();
  container.stop_sent_at.reset();
  container.stop_unhealthy = false;
  container.kill_sent_at.reset();
  container.restart_requested = false;
  end_health(container);
}

}  // namespace berth::planning
