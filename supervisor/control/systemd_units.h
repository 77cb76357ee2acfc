// SystemdUnits: the units of systemd that definitions depend on, as systemd tells of them over the
// system bus (org.freedesktop.systemd1, at DBUS_SYSTEM_BUS_ADDRESS or where it is by default).
//
// Nothing is opened before a unit is to be watched. It has no loop of its own: whoever drives it
// watches fd() for input, and calls process() when it is readable and when wake_at() has come.
// Nothing here blocks. Where systemd does not run, or the bus cannot be reached, that is told as
// the units' problem; a bus that went away is tried again, after 1s, 2s, 4s, … 30s.
//
// Units are held (RefUnit), so that systemd does not forget how a oneshot ended; they are started
// in the mode "fail", which never overrules a stop that is under way; and never stopped.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "supervisor/base/clock.h"
#include "supervisor/plan/event.h"

namespace berth::control {

class SystemdUnits {
 public:
  // `emit` queues: it never handles an event at once.
  explicit SystemdUnits(std::function<void(Event)> emit);
  ~SystemdUnits();
  SystemdUnits(const SystemdUnits&) = delete;
  SystemdUnits& operator=(const SystemdUnits&) = delete;

  // From now on event::UnitsTold of these ("systemd:srv-media.mount") and no others.
  void watch(const std::set<std::string>& units, Instant now);
  // Carries out an action::StartUnit: event::UnitStarted or event::Failed follows, exactly once.
  void start(const Action& action);

  // -1 before the first unit is watched; from then on always the same.
  [[nodiscard]] int fd() const;
  [[nodiscard]] std::optional<Instant> wake_at(Instant now) const;
  void process(Instant now);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace berth::control
