// Addresses and subnets of other tools' files as definitions have them.
#pragma once

#include <string>

namespace berth::importing {

// "10.0.3.5/24" -> "10.0.3.0/24", "FD00::5/64" -> "fd00::/64"; empty for what no network of berth
// can have.
std::string subnet_of(const std::string& address);
// The address of the bridge of such a subnet; empty when it is none.
std::string gateway_of(const std::string& subnet);
// "FD00:0::5" -> "fd00::5"; what is no IPv6 address stays as it is, for the check to tell.
std::string spelled(const std::string& address);

bool is_ipv6(const std::string& text);

}  // namespace berth::importing
