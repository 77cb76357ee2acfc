// Capabilities as masks (bit n: capability n) and by the names that definitions use.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"

namespace berth::kernel {

using CapabilityMask = std::uint64_t;

// "net_admin", "NET_ADMIN" or "CAP_NET_ADMIN" -> 12; none for a name that does not exist.
std::optional<int> capability_number(std::string_view name);
// 12 -> "net_admin"; a number newer than the table -> "capability 63".
std::string capability_name(int number);
// All names of the table, in the order of their numbers.
std::vector<std::string_view> capability_names();
// Every capability that the table knows.
CapabilityMask all_capabilities();
constexpr CapabilityMask capability_bit(int number) { return CapabilityMask{1} << number; }

// The highest number that the running kernel knows (/proc/sys/kernel/cap_last_cap).
Result<int> last_capability();
// What this process may do now, and what its children may ever gain.
Result<CapabilityMask> effective_capabilities();
Result<CapabilityMask> bounding_capabilities();

}  // namespace berth::kernel
