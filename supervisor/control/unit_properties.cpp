#include "supervisor/control/unit_properties.h"

#include <array>
#include <csignal>
#include <utility>

namespace berth::control {

namespace {

int read_value(sd_bus_message* message, std::string_view& value) {
  const char* text = "";
  const int got = sd_bus_message_read(message, "v", "s", &text);
  value = text;
  return got;
}
int read_value(sd_bus_message* message, bool& value) {
  int flag = 0;
  const int got = sd_bus_message_read(message, "v", "b", &flag);
  value = flag != 0;
  return got;
}
int read_value(sd_bus_message* message, std::int32_t& value) {
  return sd_bus_message_read(message, "v", "i", &value);
}
int read_value(sd_bus_message* message, std::uint64_t& value) {
  return sd_bus_message_read(message, "v", "t", &value);
}

int read_property(sd_bus_message* message, std::string_view name, UnitProperties& properties) {
  if (name == "ActiveState") return read_value(message, properties.active_state);
  if (name == "SubState") return read_value(message, properties.sub_state);
  if (name == "Type") return read_value(message, properties.type);
  if (name == "Result") return read_value(message, properties.result);
  if (name == "RemainAfterExit") return read_value(message, properties.remain_after_exit);
  if (name == "ExecMainCode") return read_value(message, properties.main_code);
  if (name == "ExecMainExitTimestampMonotonic")
    return read_value(message, properties.main_ended_at);
  if (name == "ActiveEnterTimestampMonotonic") return read_value(message, properties.active_since);
  return sd_bus_message_skip(message, "v");
}

int read_properties(sd_bus_message* message, UnitProperties& properties) {
  int got = sd_bus_message_enter_container(message, 'a', "{sv}");
  while (got >= 0 && (got = sd_bus_message_enter_container(message, 'e', "sv")) > 0) {
    const char* name = nullptr;
    got = sd_bus_message_read(message, "s", &name);
    if (got >= 0) got = read_property(message, name, properties);
    if (got >= 0) got = sd_bus_message_exit_container(message);
  }
  return got;
}

UnitActivity activity_of(std::string_view active_state) {
  constexpr std::array<std::pair<std::string_view, UnitActivity>, 6> kActivities{
      {{"active", UnitActivity::active},
       {"reloading", UnitActivity::active},
       {"refreshing", UnitActivity::active},
       {"activating", UnitActivity::activating},
       {"deactivating", UnitActivity::deactivating},
       {"failed", UnitActivity::failed}}};
  for (const auto& [word, activity] : kActivities) {
    if (word == active_state) return activity;
  }
  return UnitActivity::inactive;
}

}  // namespace

Result<UnitProperties> read_unit_properties(sd_bus_message* answer) {
  UnitProperties properties;
  if (const int got = read_properties(answer, properties); got < 0) {
    return fail_errno("systemd answers what nobody understands", -got);
  }
  return properties;
}

UnitState unit_state_of(const UnitProperties& properties) {
  UnitState state;
  state.activity = activity_of(properties.active_state);
  state.activation = properties.active_since;
  const bool oneshot = properties.type == "oneshot";
  state.completes = oneshot || properties.remain_after_exit;
  // With RemainAfterExit= it is active afterwards; without, it ran and is inactive again. What was
  // killed meanwhile, as by "systemctl stop", has not ended by itself.
  if (state.activity == UnitActivity::active) {
    state.completed = state.completes && properties.sub_state == "exited";
  } else if (state.activity == UnitActivity::inactive && oneshot && !properties.remain_after_exit) {
    state.completed = properties.result == "success" && properties.main_ended_at != 0 &&
                      properties.main_code == CLD_EXITED;
    if (state.completed) state.activation = properties.main_ended_at;
  }
  return state;
}

}  // namespace berth::control
