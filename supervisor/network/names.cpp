// Generated names and hardware addresses.
#include "supervisor/network/names.h"

#include <algorithm>
#include <initializer_list>

namespace berth::network {
namespace {

// FNV-1a with a final mixing (that of MurmurHash3, so that the high bits depend on every byte).
// The parts are separated, so that {"a", "bc"} and {"ab", "c"} differ. Collisions by intent are no
// concern: only root writes definitions.
std::uint64_t hash_of(std::initializer_list<std::string_view> parts) {
  std::uint64_t hash = 0xcbf29ce484222325;
  const auto mix_in = [&](unsigned char byte) { hash = (hash ^ byte) * 0x100000001b3; };
  for (const std::string_view part : parts) {
    for (const char byte : part) mix_in(static_cast<unsigned char>(byte));
    mix_in(0);
  }
  hash = (hash ^ hash >> 33) * 0xff51afd7ed558ccd;
  hash = (hash ^ hash >> 33) * 0xc4ceb9fe1a85ec53;
  return hash ^ hash >> 33;
}

MacAddress mac_from(std::uint64_t hash) {
  MacAddress mac{};
  for (auto& byte : mac) {
    byte = static_cast<std::uint8_t>(hash);
    hash >>= 8;
  }
  mac[0] = static_cast<std::uint8_t>((mac[0] & 0xfc) | 0x02);
  return mac;
}

bool is_lower_or_digit(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9');
}

bool is_mark(char byte) { return byte == '_' || byte == '.' || byte == '-'; }

}  // namespace

bool is_valid_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && is_lower_or_digit(name.front()) &&
         std::ranges::all_of(name, [](char c) { return is_lower_or_digit(c) || is_mark(c); });
}

bool is_valid_link_name(std::string_view name) {
  const auto allowed = [](char byte) {
    return is_lower_or_digit(byte) || (byte >= 'A' && byte <= 'Z') || is_mark(byte);
  };
  return !name.empty() && name.size() <= 15 && name.front() != '.' && name.front() != '-' &&
         std::ranges::all_of(name, allowed);
}

std::string host_link_name(std::string_view instance, std::string_view container, unsigned index) {
  std::uint64_t hash = hash_of({instance, container, std::to_string(index)});
  std::string name(kHostLinkPrefix);
  for (int digit = 0; digit < 10; ++digit, hash >>= 4) name += "0123456789abcdef"[hash & 15];
  return name;
}

std::string container_link_name(unsigned index) { return "eth" + std::to_string(index); }

std::string link_alias(std::string_view name) { return "berth:" + std::string(name); }

MacAddress container_mac(std::string_view container, std::string_view network) {
  return mac_from(hash_of({"container", container, network}));
}

MacAddress bridge_mac(std::string_view network) { return mac_from(hash_of({"bridge", network})); }

}  // namespace berth::network
