// What systemd's properties of a unit say of its state.
#pragma once

#include <string_view>

#include <systemd/sd-bus.h>

#include "supervisor/base/result.h"
#include "supervisor/plan/unit_state.h"

namespace berth::control {

// Those of org.freedesktop.systemd1(5) that a state is made from. Times in microseconds since boot.
struct UnitProperties {
  std::string_view active_state = "inactive";
  std::string_view sub_state;
  std::string_view type;    // of a service: "oneshot"
  std::string_view result;  // "success"
  bool remain_after_exit = false;
  std::int32_t main_code = 0;       // si_code of the main process' end: CLD_EXITED
  std::uint64_t main_ended_at = 0;  // 0: it never ran
  std::uint64_t active_since = 0;   // when it became active last; 0: never
};

// Reads the answer to Properties.GetAll. The texts live as long as the message.
Result<UnitProperties> read_unit_properties(sd_bus_message* answer);

UnitState unit_state_of(const UnitProperties& properties);

}  // namespace berth::control
