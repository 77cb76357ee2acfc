// How times and phases are worded for people. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/cli/terminal.h"
#include "supervisor/control/status.h"

namespace berth::cli {

// "2026-11-24 02:00:00 UTC" of a time in RFC 3339; "" of none.
std::string shown_time(const std::string& time);
// The two largest units: "5s", "3m20s", "2h5m", "4d3h".
std::string short_duration(std::int64_t seconds);
Colour colour_of_phase(std::string_view phase);
Colour colour_of_health(std::string_view health);
std::string joined(const std::vector<std::string>& texts, std::string_view separator);
// How it ended and why it is not as it should be: "failed: exit code 1", for one-line messages.
std::string plight(const control::ContainerStatus& status);
// Why a container has no logs: ": it was never started: waits for db to be ready".
std::string never_started(const control::ContainerStatus& status);

}  // namespace berth::cli
