// What links the host has: asked of the kernel by the worker, before it compiles a program.
// Reading only: a dump over rtnetlink is answered from memory and never waits for a device.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/network/ipv4.h"
#include "supervisor/network/names.h"

namespace berth::network {

struct LinkAddress {
  Ipv4Address address;
  unsigned prefix = 0;
  bool operator==(const LinkAddress&) const = default;
};

struct LinkInfo {
  std::uint32_t index = 0;
  std::string name;
  std::string kind;   // "bridge", "veth", ...; empty for a physical device
  std::string alias;  // empty: none
  MacAddress mac{};
  std::uint32_t master = 0;  // the index of the bridge that it is a port of; 0: none
  bool up = false;
  std::vector<LinkAddress> addresses;  // IPv4 only
  bool operator==(const LinkInfo&) const = default;
};

// All links of the calling process's network namespace, with their IPv4 addresses, by index.
Result<std::vector<LinkInfo>> list_links();

// The one of this name; null when there is none.
const LinkInfo* find_link(std::span<const LinkInfo> links, std::string_view name);

}  // namespace berth::network
