// One random life under the wall clock: scheduled oneshots, containers with update windows, a clock
// that is set ahead and back, edits and operators' commands; no faults.
//
// What may start and stop when is told by a model of its own, in plain arithmetic: periods of UTC
// instead of calendar expressions.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace berth::simulation {

// Planted into reconcile from outside; each must be found.
enum class ClockDefect {
  none,
  run_at_start,    // takes a new schedule for one whose time has come
  sleep_over,      // does not say when the next time comes
  make_up,         // after a jump ahead, runs for every time that was jumped over
  ignore_setting,  // is not told that the clock was set
  run_again,       // a time comes twice when the clock is set back a little
  ignore_window,   // restarts for a new definition at any time
  ignore_opening,  // takes every window for closed
};
std::span<const ClockDefect> all_clock_defects();
std::string_view name_of(ClockDefect defect);

// The problem that was found, if any.
std::optional<std::string> run_clock_seed(std::uint64_t seed, ClockDefect defect, bool trace);

}  // namespace berth::simulation
