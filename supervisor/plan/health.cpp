#include "supervisor/plan/health.h"

#include <algorithm>

namespace berth::planning {

namespace {

void become_ready(ObservedContainer& container, Instant now) {
  if (container.phase == Phase::starting || container.phase == Phase::unhealthy) {
    container.phase = Phase::ready;
    container.ready_at = now;
    container.error.clear();
  }
}

// Each failure doubles the time since the launch at which the next probe comes.
Duration probe_delay(const ObservedContainer& container, Instant now) {
  const Duration interval = container.spec->healthcheck.interval;
  if (container.health != Health::starting) return interval;
  return std::min(interval, std::max(kFirstProbeDelay, now - container.launched_at));
}

void count_failure(ObservedContainer& container, Instant now) {
  const HealthSpec& check = container.spec->healthcheck;
  if (container.health != Health::starting) {
    ++container.failing;
    return;
  }
  const Duration counted = now - container.launched_at - check.start_period;
  const Duration interval = std::max(check.interval, Duration(std::chrono::milliseconds(1)));
  if (counted >= Duration(0) &&
      counted / interval > static_cast<Duration::rep>(container.failing)) {
    ++container.failing;
  }
}

}  // namespace

bool is_probed(const ContainerSpec& spec) {
  return spec.runs_on() && spec.healthcheck.configured();
}

void begin_health(ObservedContainer& container, Instant now) {
  container.failing = 0;
  container.probe_message.clear();
  container.phase = Phase::starting;
  if (is_probed(*container.spec)) {
    container.health = Health::starting;
    container.next_probe = now + std::min(kFirstProbeDelay, container.spec->healthcheck.interval);
    record_notification(container, "", now);
    return;
  }
  container.health = Health::none;
  container.next_probe.reset();
  if (container.spec->runs_on()) become_ready(container, now);
}

void renew_health(ObservedContainer& container, const ContainerSpec& before, Instant now) {
  if (before.healthcheck == container.spec->healthcheck) return;
  container.failing = 0;
  container.probe_message.clear();
  if (!is_probed(*container.spec)) {
    container.health = Health::none;
    container.next_probe.reset();
    if (container.spec->runs_on()) become_ready(container, now);
    return;
  }
  container.next_probe = now;
  record_notification(container, "", now);
  if (container.health != Health::healthy) container.health = Health::starting;
}

void record_probe(ObservedContainer& container, bool healthy, const std::string& message,
                  Instant now) {
  // What the program says of itself tells more than that it is not ready yet.
  const bool said = container.spec->healthcheck.notify && !container.probe_message.empty();
  if (healthy || !said) container.probe_message = message;
  if (healthy) {
    container.failing = 0;
    container.health = Health::healthy;
    become_ready(container, now);
  } else {
    count_failure(container, now);
    if (container.failing >= std::max<std::int64_t>(container.spec->healthcheck.retries, 1)) {
      container.health = Health::unhealthy;
      if (container.phase == Phase::starting || container.phase == Phase::ready) {
        container.phase = Phase::unhealthy;
      }
      container.error = "unhealthy: " + message;
    }
  }
  container.next_probe = now + probe_delay(container, now);
  // A program that says by itself that it is ready says it once.
  if (healthy && container.spec->healthcheck.notify) container.next_probe.reset();
}

void record_notification(ObservedContainer& container, const std::string& status, Instant now) {
  if (!container.spec->healthcheck.notify) return;
  if (!status.empty()) container.probe_message = status;
  if (container.notified_id != container.launch_id) return;
  const std::string said = container.probe_message;
  record_probe(container, true, said, now);
}

void end_health(ObservedContainer& container) {
  container.health = Health::none;
  container.failing = 0;
  container.next_probe.reset();
}

}  // namespace berth::planning
