// Names that the kernel sees: generated from those of definitions, never taken over unchecked.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::network {

using MacAddress = std::array<std::uint8_t, 6>;

// A name of a container or network: [a-z0-9][a-z0-9_.-]{0,62}.
bool is_valid_name(std::string_view name);

// A link's name that means the same to the kernel, to /proc/sys paths and to nft (for which "*" and
// "@" would be special): 1 to 15 of A-Z a-z 0-9 _ . -, not beginning with "." or "-".
bool is_valid_link_name(std::string_view name);

// What the names of the host's ends of all containers' veth pairs begin with.
inline constexpr std::string_view kHostLinkPrefix = "vb";

// The host's end of a container's veth pair: the prefix and ten hex digits of a hash. Stable, so
// that it can be removed without being recorded. `instance` is HostSpec.bridge: what tells two
// daemons on one host apart.
std::string host_link_name(std::string_view instance, std::string_view container, unsigned index);

// "eth0", "eth1", ...: the container's end.
std::string container_link_name(unsigned index);

// "berth:NAME": the alias (IFLA_IFALIAS, shown by `ip link`) by which people, and we, know a link.
std::string link_alias(std::string_view name);

// Locally administered, unicast, stable: neighbours' ARP caches survive a restart.
MacAddress container_mac(std::string_view container, std::string_view network);
// A bridge without a set address takes the lowest of its ports', which changes as they come and go.
MacAddress bridge_mac(std::string_view network);

}  // namespace berth::network
