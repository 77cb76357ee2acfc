// The two clocks. Decisions take an Instant as an argument; only the imperative shell reads a
// clock.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace berth {

using Duration = std::chrono::nanoseconds;

// CLOCK_BOOTTIME: monotonic, counts suspend, never set back. For every timeout and backoff.
struct BootClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<BootClock>;
  static constexpr bool is_steady = true;
  static time_point now() noexcept;
};
using Instant = BootClock::time_point;

// CLOCK_REALTIME, nanoseconds since 1970 UTC. For people and log lines only, never for decisions.
using WallTime = std::chrono::time_point<std::chrono::system_clock, Duration>;
WallTime wall_now() noexcept;

// RFC 3339 with nanoseconds, UTC: "2026-01-02T03:04:05.678901234Z" (what CRI log lines carry).
std::string format_rfc3339(WallTime time);

}  // namespace berth
