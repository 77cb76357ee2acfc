// What changed between two turns of the loop, as events.
#include "supervisor/control/documents.h"
#include "supervisor/model/status.h"

namespace berth::control {

namespace {

EventRecord event_about(const std::string& container, const char* kind, WallTime time) {
  EventRecord event;
  event.time = format_rfc3339(time);
  event.kind = kind;
  event.container = container;
  return event;
}

}  // namespace

std::vector<EventRecord> ChangeWatch::changes(const ObservedState& observed, WallTime time) {
  std::vector<EventRecord> events;
  for (auto seen = seen_.begin(); seen != seen_.end();) {
    if (observed.containers.contains(seen->first)) {
      ++seen;
      continue;
    }
    events.push_back(event_about(seen->first, "removed", time));
    seen = seen_.erase(seen);
  }
  for (const auto& [name, container] : observed.containers) {
    const auto [seen, is_new] = seen_.try_emplace(name);
    Seen& last = seen->second;
    const bool phase_changed = is_new || last.phase != container.phase;
    if (phase_changed) {
      EventRecord event = event_about(name, "phase", time);
      event.phase = name_of(container.phase);
      if (!is_new) event.was = name_of(last.phase);
      event.error = container.error;
      events.push_back(std::move(event));
    } else if (last.error != container.error) {
      EventRecord event = event_about(name, "error", time);
      event.error = container.error;
      events.push_back(std::move(event));
    }
    if (last.health != container.health) {
      EventRecord event = event_about(name, "health", time);
      event.health = name_of(container.health);
      event.message = container.probe_message;
      events.push_back(std::move(event));
    }
    if (phase_changed) last.phase = container.phase;
    last.health = container.health;
    if (last.error != container.error) last.error = container.error;
  }
  return events;
}

}  // namespace berth::control
