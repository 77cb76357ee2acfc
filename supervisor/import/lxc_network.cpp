// lxc.net.N.*, and the older lxc.network.*, which counts by its order.
#include <array>

#include "supervisor/import/addresses.h"
#include "supervisor/import/lxc.h"
#include "supervisor/import/ports.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct LostRow {
  std::string_view key;
  const char* what;
  const char* instead;
};
constexpr std::array kLost{
    LostRow{"hwaddr", "link addresses are chosen by berth", "leave it out"},
    LostRow{"mtu", "links have the bridge's mtu", "set it at the bridge"},
    LostRow{"script.up", "no programs are run for a link", "hooks"},
    LostRow{"script.down", "no programs are run for a link", "hooks"},
    LostRow{"veth.pair", "the link's name on the host is chosen by berth", "leave it out"},
    LostRow{"vlan.id", "containers are not put on a vlan", "a bridge on the vlan's link"},
    LostRow{"macvlan.mode", "a macvlan has its usual mode", "leave it out"},
    LostRow{"veth.mode", "a link is a port of its bridge", "leave it out"},
};

void take_ipv6(const LxcNetwork& network, bool has_bridge, TomlTable& attachment,
               const std::string& name, LxcContainer& container) {
  Product& product = container.product;
  if (network.gateway6 != nullptr) {
    product.ledger.lost(*network.gateway6, "the bridge is the gateway",
                        "subnet6, whose first address is the bridge's");
  }
  if (network.address6 == nullptr) return;
  const std::string subnet = subnet_of(network.address6->text());
  if (!has_bridge || subnet.empty()) {
    return product.ledger.lost(*network.address6, "the network has no IPv6 addresses",
                               "subnet6 of the network");
  }
  const std::string address = network.address6->take();
  attachment.emplace_back("ipv6_address", spelled(address.substr(0, address.find('/'))));
  product.network(name).set("subnet6", subnet);
}

void attach_bridge(const LxcNetwork& network, LxcContainer& container) {
  const std::string link = network.link == nullptr ? "" : network.link->take();
  const std::string name = link.empty() ? "default" : definition_name(link);
  TomlTable attachment{{"name", name}};
  std::string address = network.address == nullptr ? "" : network.address->take();
  if (const size_t space = address.find(' '); space != address.npos) {
    address.resize(space);
    container.product.ledger.mention(*network.address, Loss::lost,
                                     "the broadcast address is the subnet's last", "leave it out");
  }
  if (!address.empty())
    attachment.emplace_back("ipv4_address", address.substr(0, address.find('/')));
  take_ipv6(network, !link.empty(), attachment, name, container);
  if (!link.empty()) {
    Draft& draft = container.product.network(name);
    draft.set("bridge", link);
    const std::string subnet = subnet_of(address);
    if (!subnet.empty()) {
      draft.set("subnet", subnet);
      draft.forget_comment("subnet");
    }
    container.product.ledger.changed(
        *network.link, "the bridge was made elsewhere; here it is " + name + ".toml",
        "give it the subnet that the bridge has, and stop what made it before");
  }
  if (network.gateway != nullptr) {
    container.product.ledger.lost(*network.gateway, "the bridge is the gateway",
                                  "subnet, whose first address is the bridge's");
  }
  container.draft.append("networks", std::move(attachment));
}

void attach(const LxcNetwork& network, LxcContainer& container) {
  if (network.type == nullptr) return;
  const std::string& type = network.type->text();
  if (type == "none" || type == "empty") {
    network.type->take();
    container.draft.set("network", type == "none" ? "host" : "none");
  } else if (type == "veth") {
    network.type->take();
    attach_bridge(network, container);
  } else if ((type == "macvlan" || type == "ipvlan") && network.link != nullptr) {
    network.type->take();
    const std::string name = definition_name(network.link->text() + "-" + type);
    Draft& draft = container.product.network(name);
    draft.set("driver", type);
    draft.set("uplink", network.link->take());
    container.draft.append("networks", TomlTable{{"name", name}});
    container.product.ledger.changed(*network.type, "the subnet of the link is not known",
                                     "write it into " + name + ".toml");
  } else {
    container.product.ledger.lost(*network.type,
                                  "a network of type " + quote(type) + " has no counterpart",
                                  "veth, on a bridge");
  }
}

}  // namespace

bool take_lxc_network(const Node& node, LxcContainer& container) {
  const std::string& key = node.key();
  const bool old = key.starts_with("lxc.network.");
  if (!old && !key.starts_with("lxc.net.")) return false;
  std::string rest = key.substr(old ? 12 : 8);
  std::string index;
  if (old) {
    const size_t count = container.networks.size();
    index = std::to_string(rest == "type" || count == 0 ? count : count - 1);
  } else {
    const size_t dot = rest.find('.');
    if (dot == rest.npos) return false;
    index = rest.substr(0, dot);
    rest.erase(0, dot + 1);
  }
  LxcNetwork& network = container.networks[index];
  if (rest == "type") network.type = &node;
  if (rest == "link") network.link = &node;
  if (rest == "ipv4.address" || rest == "ipv4") network.address = &node;
  if (rest == "ipv4.gateway") network.gateway = &node;
  if (rest == "ipv6.address" || rest == "ipv6") network.address6 = &node;
  if (rest == "ipv6.gateway") network.gateway6 = &node;
  if (rest == "flags" && node.text() == "up") node.take();
  if (rest == "name" && node.text() == "eth" + index) node.take();
  if (rest == "name" && node.fate() == Fate::open) {
    container.product.ledger.lost(node, "links are called eth0, eth1 and so on inside",
                                  "leave it out");
  }
  for (const LostRow& row : kLost) {
    if (row.key == rest) container.product.ledger.lost(node, row.what, row.instead);
  }
  return true;
}

void attach_lxc_networks(LxcContainer& container) {
  // Without any, LXC gives a container the host's network.
  if (container.networks.empty()) container.draft.set("network", "host");
  for (const auto& [index, network] : container.networks) attach(network, container);
  // A network of the host or none is all that there is then.
  if (container.draft.has("network")) container.draft.erase("networks");
}

}  // namespace berth::importing
