// Sizes and durations as operators write them, and back.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"

namespace berth {

// A number of bytes. A type of its own, so that a size is never taken for a count.
struct Bytes {
  std::uint64_t count = 0;
  auto operator<=>(const Bytes&) const = default;
};

// "512M", "1G", "64K", "10Ki", "1.5G", "4096B": factors of 1024. A bare number is refused,
// but for "0"; the error says what would be right.
Result<Bytes> parse_bytes(std::string_view text);
// The largest unit that loses nothing: 536870912 -> "512M", 1000 -> "1000B", 0 -> "0".
std::string format_bytes(Bytes size);

// "20s", "100ms", "2m", "1h30m", "500us", "1d"; a bare number is refused, but for "0".
Result<Duration> parse_duration(std::string_view text);
// "1m30s", "100ms", "0s"; what parse_duration reads back as the same value.
std::string format_duration(Duration duration);

}  // namespace berth
