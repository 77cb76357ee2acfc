// The rules of the default seccomp filter as tables: which system calls every container may make,
// and which come with a capability. Names are the kernel's; those that an architecture or the
// installed libseccomp does not know are left out there.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace berth::runtime {

std::span<const std::string_view> calls_for_all();

struct CapabilityCalls {
  int capability;
  std::span<const std::string_view> calls;
};
std::span<const CapabilityCalls> calls_by_capability();

// Address families that socket(2) may be asked for, but for those from 1 to kFamiliesFrom1To, all
// of which may. AF_ALG and AF_VSOCK are not among them: the first is the kernel's cryptography,
// which no container needs and which has been a way out; the second reaches the virtual machine's
// host past every network namespace.
inline constexpr std::uint64_t kFamiliesFrom1To = 11;
std::span<const std::uint64_t> other_families();

// The personalities of setarch and of a look at the present one (0xffffffff).
std::span<const std::uint64_t> personalities();

}  // namespace berth::runtime
