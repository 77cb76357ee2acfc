// IPv4 addresses and subnets as values: reading, writing, and what lies in what.
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::network {

struct Ipv4Address {
  std::uint32_t value = 0;  // host byte order: 127.0.0.1 is 0x7f000001
  auto operator<=>(const Ipv4Address&) const = default;
  [[nodiscard]] bool is_loopback() const { return value >> 24 == 127; }
};

// Four decimal numbers without leading zeros, nothing around them. ("010" means eight to some
// readers and ten to others, so it is refused.)
Result<Ipv4Address> parse_ipv4(std::string_view text);
std::string format(Ipv4Address address);

// The first host address is the gateway: the host's own end of the bridge.
struct Ipv4Subnet {
  Ipv4Address base;     // all host bits are zero
  unsigned prefix = 0;  // 8 to 30
  auto operator<=>(const Ipv4Subnet&) const = default;

  [[nodiscard]] std::uint32_t mask() const { return ~std::uint32_t{0} << (32 - prefix); }
  [[nodiscard]] Ipv4Address gateway() const { return {base.value + 1}; }
  [[nodiscard]] Ipv4Address broadcast() const { return {base.value | ~mask()}; }
  [[nodiscard]] bool contains(Ipv4Address address) const {
    return (address.value & mask()) == base.value;
  }
  // An address that a container may have: not the network's, the gateway's or the broadcast one.
  [[nodiscard]] bool assignable(Ipv4Address address) const {
    return address > gateway() && address < broadcast();
  }
};

// "10.20.0.0/24", host bits zero, prefix 8 to 30.
Result<Ipv4Subnet> parse_subnet(std::string_view text);
std::string format(const Ipv4Subnet& subnet);

}  // namespace berth::network
