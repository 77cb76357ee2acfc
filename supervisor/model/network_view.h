// What the host's packet rules and the containers' name files must say, as one value. Made by
// plan/ from what is desired and what runs; rendered by network/; applied in one transaction.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "supervisor/model/spec.h"

namespace berth {

struct BridgeView {
  std::string network;
  std::string bridge;  // the link's name
  std::string subnet;
  bool nat = true;
  auto operator<=>(const BridgeView&) const = default;
};

struct PublishedPort {
  std::string container;
  std::string container_address;
  PortSpec port;
  bool operator==(const PublishedPort&) const = default;
};

// A line of /etc/hosts.
struct HostEntry {
  std::string address;
  std::vector<std::string> names;
  bool operator==(const HostEntry&) const = default;
};

struct NetworkView {
  std::vector<BridgeView> bridges;
  std::vector<PublishedPort> ports;
  std::map<std::string, std::vector<HostEntry>> hosts;  // by container: what it can name
  [[nodiscard]] bool empty() const { return bridges.empty() && ports.empty(); }
  bool operator==(const NetworkView&) const = default;
};

}  // namespace berth
