// What links the host has: asked of the kernel by the worker, before it compiles a program.
// Reading only: a dump over rtnetlink is answered from memory and never waits for a device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/ip_address.h"
#include "supervisor/base/result.h"
#include "supervisor/network/names.h"

namespace berth::network {

struct LinkAddress {
  Ipv4Address address;
  unsigned prefix = 0;
  bool operator==(const LinkAddress&) const = default;
};

struct LinkAddress6 {
  Ipv6Address address;
  unsigned prefix = 0;
  bool operator==(const LinkAddress6&) const = default;
};

struct LinkInfo {
  std::uint32_t index = 0;
  std::string name;
  std::string kind;   // "bridge", "veth", ...; empty for a physical device
  std::string alias;  // empty: none
  MacAddress mac{};
  std::uint32_t master = 0;  // the index of the bridge that it is a port of; 0: none
  bool up = false;
  std::vector<LinkAddress> addresses;    // of IPv4
  std::vector<LinkAddress6> addresses6;  // of IPv6, but for link-local ones
  // It takes routes that routers advertise only as long as it does not forward (accept_ra 1 of
  // the kernel's ip-sysctl.rst, forwarding 0).
  bool loses_routers = false;
  bool operator==(const LinkInfo&) const = default;
};

// All links of the calling process's network namespace, with their addresses, by index.
Result<std::vector<LinkInfo>> list_links();

// The one of this name; null when there is none.
const LinkInfo* find_link(std::span<const LinkInfo> links, std::string_view name);

}  // namespace berth::network
