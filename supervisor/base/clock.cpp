#include "supervisor/base/clock.h"

#include <array>
#include <cstdio>

#include <time.h>

namespace berth {

namespace {

Duration read_clock(clockid_t id) noexcept {
  timespec ts{};
  ::clock_gettime(id, &ts);
  return std::chrono::seconds(ts.tv_sec) + std::chrono::nanoseconds(ts.tv_nsec);
}

}  // namespace

Instant BootClock::now() noexcept { return Instant(read_clock(CLOCK_BOOTTIME)); }

WallTime wall_now() noexcept { return WallTime(read_clock(CLOCK_REALTIME)); }

std::string format_rfc3339(WallTime time) {
  const auto since_epoch = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since_epoch);
  const time_t whole = seconds.count();
  tm utc{};
  ::gmtime_r(&whole, &utc);
  std::array<char, 40> text{};
  const size_t length = ::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%S", &utc);
  std::snprintf(text.data() + length, text.size() - length, ".%09lldZ",
                static_cast<long long>((since_epoch - seconds).count()));
  return text.data();
}

}  // namespace berth
