// The D-Bus interface's names and its table of methods. Internal to control/.
#pragma once

#include <systemd/sd-bus.h>

namespace berth::control {

inline constexpr const char* kObjectPath = "/org/berth/Supervisor1";
inline constexpr const char* kInterface = "org.berth.Supervisor1";
inline constexpr const char* kErrorPrefix = "org.berth.Error.";

// The userdata of every entry is the Connection on which the call came.
const sd_bus_vtable* interface_table();

}  // namespace berth::control
