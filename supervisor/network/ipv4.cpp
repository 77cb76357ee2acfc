// Reading and writing of IPv4 addresses and subnets.
#include "supervisor/network/ipv4.h"

#include <charconv>
#include <optional>

namespace berth::network {
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

Result<Ipv4Subnet> parse_subnet(std::string_view text) {
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

}  // namespace berth::network
