// What is observed of a unit of systemd that a definition depends on.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "supervisor/base/clock.h"

namespace berth {

// systemd's ActiveState, of which "reloading" and "refreshing" are active, too.
enum class UnitActivity : std::uint8_t {
  unknown,
  inactive,
  activating,
  active,
  deactivating,
  failed
};

// As it was when systemd last told.
struct UnitState {
  UnitActivity activity = UnitActivity::unknown;
  bool completes = false;        // it is a service that does its work and ends (Type=oneshot)
  bool completed = false;        // so it did, and well: active (exited), or inactive after a run
  std::uint64_t activation = 0;  // another number: it was started anew; 0: none is known
  std::string problem;  // why nothing can be known or begun: "it needs systemd, which …"; or empty
  bool operator==(const UnitState&) const = default;
};

struct ObservedUnit {
  UnitState state;
  bool starting = false;  // systemd was asked to, and has not answered
  unsigned requests = 0;  // of starting, since it was last active
  std::optional<Instant> next_start;
  std::string error;  // why the last request failed
};

}  // namespace berth
