// Reading and writing of IP addresses and subnets.
#include "supervisor/base/ip_address.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <arpa/inet.h>

namespace berth {
namespace {

// Takes a decimal number of at most `most`, without leading zeros, off the front of `text`.
std::optional<std::uint32_t> take_number(std::string_view& text, std::uint32_t most) {
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto length = static_cast<std::size_t>(end - text.data());
  if (error != std::errc{} || number > most) return std::nullopt;
  if (length > 1 && text.front() == '0') return std::nullopt;
  text.remove_prefix(length);
  return number;
}

std::optional<Ipv4Address> take_address(std::string_view& text) {
  Ipv4Address address;
  for (int part = 0; part < 4; ++part) {
    if (part > 0) {
      if (!text.starts_with('.')) return std::nullopt;
      text.remove_prefix(1);
    }
    const auto number = take_number(text, 255);
    if (!number) return std::nullopt;
    address.value = address.value << 8 | *number;
  }
  return address;
}

// What a person wrote, safe to be shown in a message.
std::string quoted(std::string_view text) {
  std::string shown = "\"";
  for (const char byte : text.substr(0, 64)) shown += byte >= ' ' && byte <= '~' ? byte : '?';
  return shown + (text.size() > 64 ? "...\"" : "\"");
}

}  // namespace

Result<Ipv4Address> parse_ipv4(std::string_view text) {
  std::string_view rest = text;
  const auto address = take_address(rest);
  if (!address || !rest.empty()) return fail(quoted(text) + " is not an IPv4 address");
  return *address;
}

std::string format(Ipv4Address address) {
  std::string text;
  for (int shift = 24; shift >= 0; shift -= 8) {
    text += std::to_string(address.value >> shift & 255);
    if (shift > 0) text += '.';
  }
  return text;
}

Result<Ipv4Subnet> parse_ipv4_subnet(std::string_view text) {
  std::string_view rest = text;
  const auto base = take_address(rest);
  if (!base || !rest.starts_with('/')) return fail(quoted(text) + " is not an IPv4 subnet");
  rest.remove_prefix(1);
  const auto prefix = take_number(rest, 32);
  if (!prefix || !rest.empty()) return fail(quoted(text) + " is not an IPv4 subnet");
  if (*prefix < 8 || *prefix > 30)
    return fail("the subnet " + std::string(text) + " has a prefix outside 8 to 30");
  const Ipv4Subnet subnet{*base, *prefix};
  if ((base->value & ~subnet.mask()) != 0)
    return fail("the subnet " + std::string(text) + " has host bits; its base is " +
                format(Ipv4Address{base->value & subnet.mask()}));
  return subnet;
}

std::string format(const Ipv4Subnet& subnet) {
  return format(subnet.base) + "/" + std::to_string(subnet.prefix);
}

// ---- IPv6 ---------------------------------------------------------------------------------------

bool Ipv6Address::is_loopback() const { return *this == Ipv6Address{}.next(); }

bool Ipv6Address::is_link_local() const { return bytes[0] == 0xfe && (bytes[1] & 0xc0) == 0x80; }

Ipv6Address Ipv6Address::next() const {
  Ipv6Address following = *this;
  for (auto byte = following.bytes.rbegin(); byte != following.bytes.rend(); ++byte)
    if (++*byte != 0) break;
  return following;
}

Ipv6Address Ipv6Address::network(unsigned prefix) const {
  Ipv6Address base = *this;
  for (unsigned i = 0; i < base.bytes.size(); ++i) {
    const unsigned kept = prefix > i * 8 ? std::min(prefix - i * 8, 8u) : 0;
    base.bytes[i] = static_cast<std::uint8_t>(base.bytes[i] & (0xff00u >> kept));
  }
  return base;
}

Ipv6Address Ipv6Subnet::last_assignable() const {
  Ipv6Address last = base;
  for (unsigned i = 0; i < last.bytes.size(); ++i) {
    const unsigned kept = prefix > i * 8 ? std::min(prefix - i * 8, 8u) : 0;
    last.bytes[i] = static_cast<std::uint8_t>(last.bytes[i] | (0xffu >> kept));
  }
  return last;
}

Result<Ipv6Address> parse_ipv6(std::string_view text) {
  Ipv6Address address;
  const std::string terminated(text);
  if (text.find('\0') != text.npos ||
      ::inet_pton(AF_INET6, terminated.c_str(), address.bytes.data()) != 1)
    return fail(quoted(text) + " is not an IPv6 address");
  return address;
}

Result<IpAddress> parse_ip(std::string_view text) {
  if (text.find(':') == text.npos) return TRY(parse_ipv4(text));
  return TRY(parse_ipv6(text));
}

std::string format(const IpAddress& address) {
  return std::visit([](const auto& one) { return format(one); }, address);
}

Result<Ipv6Subnet> parse_ipv6_subnet(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_ipv6(text.substr(0, slash));
  std::string_view rest = text.substr(std::min(slash + 1, text.size()));
  const auto prefix = take_number(rest, 128);
  if (!address || !prefix || !rest.empty()) return fail(quoted(text) + " is not an IPv6 subnet");
  const std::string named = "the subnet " + std::string(text);
  if (*prefix < Ipv6Subnet::kPrefixLeast || *prefix > Ipv6Subnet::kPrefixMost)
    return fail(named + " has a prefix outside 48 to 124");
  const Ipv6Subnet subnet{address->network(*prefix), *prefix};
  if (subnet.base != *address)
    return fail(named + " has host bits; its base is " + format(subnet.base));
  if (const auto use = reserved_use(subnet.base); !use.empty())
    return fail(named + " is of " + std::string(use));
  return subnet;
}

std::string_view reserved_use(const Ipv6Address& address) {
  const auto& bytes = address.bytes;
  if (bytes[0] == 0xff) return "multicast addresses";
  if (address.is_link_local()) return "link-local addresses";
  // ::/80 has the loopback's, IPv4-compatible and, with ffff behind it, IPv4-mapped addresses.
  if (std::all_of(bytes.begin(), bytes.begin() + 10, [](auto byte) { return byte == 0; }))
    return bytes[10] == 0xff && bytes[11] == 0xff ? "IPv4-mapped addresses"
                                                  : "the loopback and other reserved addresses";
  return {};
}

std::string format(const Ipv6Address& address) {
  char text[INET6_ADDRSTRLEN] = {};
  ::inet_ntop(AF_INET6, address.bytes.data(), text, sizeof text);
  return text;
}

std::string format(const Ipv6Subnet& subnet) {
  return format(subnet.base) + "/" + std::to_string(subnet.prefix);
}

}  // namespace berth
