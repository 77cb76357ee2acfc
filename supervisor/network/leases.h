// Which container has which address: kept across restarts of containers and of the daemon.
//
// A value, changed by pure functions; `save` and `load` are its file. Addresses are leased
// deterministically: the first free one after the gateway.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "supervisor/base/ip_address.h"
#include "supervisor/base/result.h"

namespace berth::network {

// network -> container -> address
template <class Address>
using NetworkLeases = std::map<std::string, std::map<std::string, Address>>;

struct Leases {
  NetworkLeases<Ipv4Address> networks;
  NetworkLeases<Ipv6Address> networks6;
  bool operator==(const Leases&) const = default;
};

// The container's address in the network. What it holds already it keeps, running or not, unless it
// asks for another (`requested`, empty when it does not mind) or the subnet is another one now.
// Errors: no address is free; the requested one is another's (named), or not of the subnet.
Result<Ipv4Address> assign(const Ipv4Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested = {});
Result<Ipv6Address> assign(const Ipv6Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested = {});

// The container's definition is gone: its addresses are free again, in every network.
void release(Leases& leases, std::string_view container);
// Releases all but these containers' leases: for the daemon's start.
void retain(Leases& leases, const std::set<std::string>& containers);

// One line each, "NETWORK CONTAINER ADDRESS", sorted: those of IPv4, then those of IPv6. (Files of
// a berth without IPv6 have the first part alone, and are read as they are.)
std::string render(const Leases& leases);
// Reads what render writes, and refuses everything else with the line's number: a line dropped
// silently would be an address given away twice.
Result<Leases> parse_leases(std::string_view text);

// Replaces the file as one step (written beside it, synced, renamed, the directory synced).
Result<void> save(const Leases& leases, const std::string& path);
// No file means no leases.
Result<Leases> load_leases(const std::string& path);

}  // namespace berth::network
