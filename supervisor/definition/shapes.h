// What a text must look like beyond being one: the checks behind model/keys.h's Shape, and the
// parsers of addresses that several of them share.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/definition/wording.h"
#include "supervisor/model/keys.h"

namespace berth::definition {

// What is wrong with it, if anything is.
std::optional<Complaint> check_shape(Shape shape, std::string_view text);

// The name of a file becomes the name of what it defines: [a-z0-9][a-z0-9_.-]{0,62}.
bool is_container_name(std::string_view text);
bool is_hostname(std::string_view text);

// Four decimal numbers without leading zeros; the value in host byte order.
std::optional<std::uint32_t> parse_ipv4(std::string_view text);
std::string format_ipv4(std::uint32_t address);

struct Subnet {
  std::uint32_t first = 0;                   // the network's own address
  unsigned bits = 0;                         // of the prefix
  [[nodiscard]] std::uint32_t last() const;  // the broadcast address
  [[nodiscard]] bool contains(std::uint32_t address) const;
  [[nodiscard]] bool overlaps(const Subnet& other) const;
};
// "10.20.0.0/24": host bits zero, /8 to /30.
std::optional<Subnet> parse_subnet(std::string_view text);

// RFC 4291 text of an address, no zone; in network byte order.
std::optional<std::array<unsigned char, 16>> parse_ipv6(std::string_view text);
struct Subnet6 {
  std::array<unsigned char, 16> first{};
  unsigned bits = 0;
  [[nodiscard]] bool contains(const std::array<unsigned char, 16>& address) const;
  [[nodiscard]] bool overlaps(const Subnet6& other) const;
};
// "fd00:20::/64": host bits zero, /48 to /124.
std::optional<Subnet6> parse_subnet6(std::string_view text);

// "NET_ADMIN", "cap_net_admin" -> "net_admin"; empty for what is no capability. "all" stays.
std::string normal_capability(std::string_view text);

// A decimal number, no sign, no more than `most`.
std::optional<std::uint64_t> parse_number(std::string_view text, std::uint64_t most);

std::vector<std::string_view> split(std::string_view text, char separator);

// True for text with a NUL, newline or other control character in it.
bool has_control(std::string_view text);

}  // namespace berth::definition
