// IPv6 addresses and subnets as they are written in definitions.
#include <algorithm>

#include <arpa/inet.h>

#include "supervisor/definition/shapes.h"

namespace berth::definition {

namespace {

using Address = std::array<unsigned char, 16>;

constexpr unsigned kBitsLeast = 48;
constexpr unsigned kBitsMost = 124;  // room for a bridge and a dozen containers

// The address with everything behind the prefix set to zero.
Address network_of(Address address, unsigned bits) {
  for (unsigned i = 0; i < address.size(); ++i) {
    const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8u) : 0;
    address[i] = static_cast<unsigned char>(address[i] & (0xff00u >> kept));
  }
  return address;
}

}  // namespace

std::optional<Address> parse_ipv6(std::string_view text) {
  Address address{};
  const std::string copy(text);
  if (copy.find('\0') != copy.npos) return std::nullopt;
  if (inet_pton(AF_INET6, copy.c_str(), address.data()) != 1) return std::nullopt;
  return address;
}

bool Subnet6::contains(const Address& address) const { return network_of(address, bits) == first; }

bool Subnet6::overlaps(const Subnet6& other) const {
  return bits <= other.bits ? contains(other.first) : other.contains(first);
}

std::optional<Subnet6> parse_subnet6(std::string_view text) {
  const size_t slash = text.find('/');
  if (slash == text.npos) return std::nullopt;
  const auto address = parse_ipv6(text.substr(0, slash));
  const auto bits = parse_number(text.substr(slash + 1), kBitsMost);
  if (!address || !bits || *bits < kBitsLeast) return std::nullopt;
  const Subnet6 subnet{*address, static_cast<unsigned>(*bits)};
  if (network_of(*address, subnet.bits) != *address) return std::nullopt;
  return subnet;
}

}  // namespace berth::definition
