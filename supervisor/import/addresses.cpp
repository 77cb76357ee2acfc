#include "supervisor/import/addresses.h"

#include "supervisor/base/ip_address.h"
#include "supervisor/import/words.h"

namespace berth::importing {

std::string subnet_of(const std::string& address) {
  const size_t slash = address.find('/');
  if (slash == address.npos) return "";
  const auto prefix = static_cast<unsigned>(integer_of(address.substr(slash + 1)).value_or(0));
  const std::string suffix = "/" + std::to_string(prefix);
  if (const auto six = parse_ipv6(address.substr(0, slash)); six && prefix <= 128) {
    const auto subnet = parse_ipv6_subnet(format(six->network(prefix)) + suffix);
    return subnet ? format(*subnet) : "";
  }
  const auto four = parse_ipv4(address.substr(0, slash));
  if (!four || prefix < 8 || prefix > 30) return "";
  Ipv4Subnet subnet{*four, prefix};
  subnet.base.value &= subnet.mask();
  return format(subnet);
}

std::string gateway_of(const std::string& subnet) {
  if (const auto six = parse_ipv6_subnet(subnet)) return format(six->gateway());
  const auto four = parse_ipv4_subnet(subnet);
  return four ? format(four->gateway()) : "";
}

std::string spelled(const std::string& address) {
  const auto parsed = parse_ipv6(address);
  return parsed ? format(*parsed) : address;
}

bool is_ipv6(const std::string& text) { return text.find(':') != text.npos; }

}  // namespace berth::importing
