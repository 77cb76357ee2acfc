// Health checks: when to probe, and what the answers mean.
//
// The first probe comes soon after the launch, the next ones at growing distances up to the
// interval, so that readiness is seen at once. A failure counts once an interval, and not within
// start_period (nor within the first interval): quick probing does not make a slow start a failure.
#pragma once

#include <string>

#include "supervisor/plan/state.h"

namespace berth::planning {

constexpr Duration kFirstProbeDelay = std::chrono::milliseconds(100);

// Readiness of a oneshot is its end, so its health is not looked at.
bool is_probed(const ContainerSpec& spec);

// At the launch: ready, or starting until the first successful probe.
void begin_health(ObservedContainer& container, Instant now);
// The running process has a new definition. What is ready stays so until the new check says
// otherwise.
void renew_health(ObservedContainer& container, const ContainerSpec& before, Instant now);
void record_probe(ObservedContainer& container, bool healthy, const std::string& message,
                  Instant now);
// With healthcheck.notify: what the program says of itself. The first READY=1 makes it ready; until
// it comes, probes fail, so that a program that never says it becomes unhealthy in the end.
void record_notification(ObservedContainer& container, const std::string& status, Instant now);
void end_health(ObservedContainer& container);

}  // namespace berth::planning
