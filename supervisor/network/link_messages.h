// The rtnetlink requests of berth, as bytes for `netlink` steps: rtnetlink(7), <linux/if_link.h>.
//
// Links are meant by name where the kernel allows it, else by an index that the program has chosen.
// All of them answer an error for a name that is not a link's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/ip_address.h"
#include "supervisor/network/names.h"

namespace berth::network {

// The loopback device has this index in every network namespace (LOOPBACK_IFINDEX).
inline constexpr std::uint32_t kLoopbackIndex = 1;

// EEXIST when there is a link of this name. The kernel gives it the index asked for (EBUSY when it
// is taken), so that a later message can mean it.
Result<std::string> create_bridge(std::string_view name, std::uint32_t index,
                                  const MacAddress& mac);

struct VethSpec {
  // In the namespace of the socket that the message is sent on.
  std::string_view name;
  std::uint32_t index = 0;  // as with create_bridge
  MacAddress mac{};
  // The other end, in the namespace that this descriptor of the sender refers to.
  std::string_view peer_name;
  int peer_netns = -1;
};
Result<std::string> create_veth(const VethSpec& spec);

Result<std::string> link_up(std::string_view name);
// Gives a bridge its alias and brings it up.
Result<std::string> adopt_bridge(std::string_view name, std::string_view alias);
// Makes the link a port of the bridge with this index, with an alias, and brings it up.
Result<std::string> enslave(std::string_view name, std::uint32_t bridge_index,
                            std::string_view alias);
// Lets a bridge send a frame back out of the port it came from: where br_netfilter is loaded,
// a container that calls its own published port is translated within the bridge.
Result<std::string> set_hairpin(std::string_view name);
// ENODEV when there is none.
Result<std::string> delete_link(std::string_view name);

// Scope global, with the subnet's broadcast address. EEXIST when the link has it.
Result<std::string> add_address(std::uint32_t index, Ipv4Address address, const Ipv4Subnet& subnet);
Result<std::string> delete_address(std::uint32_t index, Ipv4Address address, unsigned prefix);
Result<std::string> add_default_route(std::uint32_t index, Ipv4Address gateway);

// The same for IPv6. The address can be used at once: that nobody else has it is our leases' doing,
// so duplicate address detection (RFC 4862, 5.4), which takes a second, is left out.
Result<std::string> add_address(std::uint32_t index, const Ipv6Address& address,
                                const Ipv6Subnet& subnet);
Result<std::string> delete_address(std::uint32_t index, const Ipv6Address& address,
                                   unsigned prefix);
Result<std::string> add_default_route(std::uint32_t index, const Ipv6Address& gateway);

}  // namespace berth::network
