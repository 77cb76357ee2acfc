// Capabilities by the names that definitions use, and their numbers (linux/capability.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace berth {

// Bit n stands for capability number n.
using CapabilityMask = std::uint64_t;
constexpr CapabilityMask capability_bit(int number) { return CapabilityMask{1} << number; }

// All that are known here, in the order of their numbers: "chown", "dac_override", ...
std::span<const std::string_view> capability_names();
CapabilityMask all_capabilities();

// "net_admin", "NET_ADMIN" or "CAP_NET_ADMIN" -> 12; none for a name that does not exist.
std::optional<int> capability_number(std::string_view name);
// 12 -> "net_admin"; "?" for a number that is not known here.
std::string_view capability_name(int number);

}  // namespace berth
