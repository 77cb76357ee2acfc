// Prober: tcp and http health probes on the loop, one at a time for each container.
#pragma once

#include <functional>
#include <map>
#include <string>

#include "supervisor/daemon/loop.h"
#include "supervisor/health/probe.h"
#include "supervisor/plan/event.h"

namespace berth::daemon {

class Prober {
 public:
  Prober(Loop& loop, std::function<void(Event)> emit) : loop_(loop), emit_(std::move(emit)) {}

  // `action` holds an action::Probe; answered by event::Probed within its timeout. `netns` is
  // borrowed for the call; -1: the host's network.
  void begin(const Action& action, int netns);
  // The container's process is gone: its probe, if one is under way, has no meaning any more.
  void forget(const std::string& container);

 private:
  struct Entry {
    health::Probe probe;
    std::uint64_t launch_id;
    Loop::Watch watch;
    Loop::Timer timeout;
  };

  void watch(const std::string& container, Entry& entry);
  void on_ready(const std::string& container);
  void decide(const std::string& container, const health::Verdict& verdict);

  Loop& loop_;
  std::function<void(Event)> emit_;
  std::map<std::string, Entry> entries_;
};

}  // namespace berth::daemon
