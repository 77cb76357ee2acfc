// IP addresses and subnets as values: reading, writing, and what lies in what.
//
// Both families have the same members, so that what is the same for both is one template.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "supervisor/base/result.h"

namespace berth {

struct Ipv4Address {
  std::uint32_t value = 0;  // host byte order: 127.0.0.1 is 0x7f000001
  auto operator<=>(const Ipv4Address&) const = default;
  [[nodiscard]] bool is_loopback() const { return value >> 24 == 127; }
  [[nodiscard]] bool is_any() const { return value == 0; }
  [[nodiscard]] Ipv4Address next() const { return {value + 1}; }
};

// The first host address is the gateway: the host's own end of the bridge.
struct Ipv4Subnet {
  Ipv4Address base;     // all host bits are zero
  unsigned prefix = 0;  // 8 to 30
  auto operator<=>(const Ipv4Subnet&) const = default;

  [[nodiscard]] std::uint32_t mask() const { return ~std::uint32_t{0} << (32 - prefix); }
  [[nodiscard]] Ipv4Address gateway() const { return base.next(); }
  [[nodiscard]] Ipv4Address broadcast() const { return {base.value | ~mask()}; }
  [[nodiscard]] Ipv4Address last_assignable() const { return {broadcast().value - 1}; }
  [[nodiscard]] bool contains(Ipv4Address address) const {
    return (address.value & mask()) == base.value;
  }
  [[nodiscard]] bool overlaps(const Ipv4Subnet& other) const {
    return contains(other.base) || other.contains(base);
  }
  // An address that a container may have: not the network's, the gateway's or the broadcast one.
  [[nodiscard]] bool assignable(Ipv4Address address) const {
    return address > gateway() && address < broadcast();
  }
};

struct Ipv6Address {
  std::array<std::uint8_t, 16> bytes{};  // network byte order
  auto operator<=>(const Ipv6Address&) const = default;
  [[nodiscard]] bool is_loopback() const;
  [[nodiscard]] bool is_any() const { return *this == Ipv6Address{}; }
  [[nodiscard]] bool is_link_local() const;
  [[nodiscard]] Ipv6Address next() const;
  // The address with everything behind the prefix set to zero.
  [[nodiscard]] Ipv6Address network(unsigned prefix) const;
};

// As with IPv4, but that there is no broadcast address. The base is every router's (RFC 4291,
// 2.6.1), so no container has it.
struct Ipv6Subnet {
  static constexpr unsigned kPrefixLeast = 48;
  static constexpr unsigned kPrefixMost = 124;  // room for a bridge and a dozen containers

  Ipv6Address base;     // all host bits are zero
  unsigned prefix = 0;  // kPrefixLeast to kPrefixMost
  auto operator<=>(const Ipv6Subnet&) const = default;

  [[nodiscard]] Ipv6Address gateway() const { return base.next(); }
  [[nodiscard]] Ipv6Address last_assignable() const;
  [[nodiscard]] bool contains(const Ipv6Address& address) const {
    return address.network(prefix) == base;
  }
  [[nodiscard]] bool overlaps(const Ipv6Subnet& other) const {
    return contains(other.base) || other.contains(base);
  }
  [[nodiscard]] bool assignable(const Ipv6Address& address) const {
    return contains(address) && address > gateway();
  }
};

using IpAddress = std::variant<Ipv4Address, Ipv6Address>;

// Four decimal numbers without leading zeros, nothing around them. ("010" means eight to some
// readers and ten to others, so it is refused.)
Result<Ipv4Address> parse_ipv4(std::string_view text);
// "10.20.0.0/24", host bits zero, prefix 8 to 30.
Result<Ipv4Subnet> parse_ipv4_subnet(std::string_view text);

// Any text of RFC 4291, no zone.
Result<Ipv6Address> parse_ipv6(std::string_view text);
// Of either family: with a ":" in it, it is one of IPv6.
Result<IpAddress> parse_ip(std::string_view text);
// "fd00:20::/64": host bits zero, the prefix within its limits, no use of its own.
Result<Ipv6Subnet> parse_ipv6_subnet(std::string_view text);

// The kind of addresses that this one is of, when no container may have such: "multicast
// addresses". Empty for an ordinary one.
std::string_view reserved_use(const Ipv6Address& address);

// The one way that each is written in (RFC 5952).
std::string format(Ipv4Address address);
std::string format(const Ipv4Subnet& subnet);
std::string format(const Ipv6Address& address);
std::string format(const Ipv6Subnet& subnet);
std::string format(const IpAddress& address);

}  // namespace berth
