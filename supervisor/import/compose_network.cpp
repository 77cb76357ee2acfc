// Ports and networks.
#include <algorithm>

#include "supervisor/import/addresses.h"
#include "supervisor/import/compose.h"
#include "supervisor/import/ports.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// Whether a network of the file has IPv6 addresses.
bool wants_ipv6(const Node& network) {
  const Node* const enabled = network.find("enable_ipv6");
  if (enabled != nullptr && boolean_of(enabled->text())) return *boolean_of(enabled->text());
  const Node* const configs = network.find("ipam", "config");
  return configs != nullptr && std::ranges::any_of(configs->children(), [](const Node& config) {
           return is_ipv6(config.peek("subnet"));
         });
}

// The same of what an item of a service's networks names.
bool is_of_ipv6(const Node& item, const ComposeService& service) {
  const std::string& key = item.key().empty() ? item.text() : item.key();
  const Node* const network = service.project.root.find("networks", key);
  return network != nullptr && wants_ipv6(*network);
}

// And of its first one, to which its ports lead.
bool has_ipv6(const ComposeService& service) {
  const Node* const attached = service.node.find("networks");
  return attached != nullptr && !attached->children().empty() &&
         is_of_ipv6(attached->children().front(), service);
}

// What the file calls a network is not always what it is called.
std::string network_name(const ComposeProject& project, const std::string& key) {
  const Node* const network = project.root.find("networks", key);
  std::string name = key;
  if (network != nullptr) {
    if (!network->peek("name").empty()) name = network->peek("name");
    const Node* const external = network->find("external");
    if (external != nullptr && !external->peek("name").empty()) name = external->peek("name");
  }
  if (name != "default") return definition_name(name);
  // A default network with settings of its own is not berth's.
  return network != nullptr && !network->is_leaf() ? "compose-default" : "default";
}

bool is_attached(const ComposeService& service) {
  const Node* const mode = service.node.find("network_mode");
  return mode == nullptr || mode->text() == "bridge" || mode->text() == "default";
}

// For a container, or for its attachment to one network: "container\nnetwork".
void take_aliases(const Node& node, const std::string& whose, ComposeService& service) {
  for (const Node& item : node.children()) {
    if (is_hostname(item.text())) {
      service.project.aliases[whose].push_back(item.take());
    } else {
      service.ledger().lost(item, quote(item.text()) + " cannot be an alias: it is no host name",
                            "letters, digits and \"-\"");
    }
  }
}

void take_attachment(const Node& node, TomlTable& attachment, ComposeService& service) {
  for (const Node& member : node.children()) {
    if (member.key() == "aliases") {
      const std::string& network = *attachment.front().second.get<std::string>();
      take_aliases(member, service.name + "\n" + network, service);
    } else if (member.key() == "ipv4_address") {
      attachment.emplace_back("ipv4_address", member.take());
    } else if (member.key() == "ipv6_address" && !is_of_ipv6(node, service)) {
      service.ledger().lost(member, "the network has no IPv6 addresses", "subnet6 of the network");
    } else if (member.key() == "ipv6_address") {
      attachment.emplace_back("ipv6_address", spelled(member.take()));
    } else if (member.key() == "link_local_ips") {
      service.ledger().lost(member, "link-local addresses are the kernel's to choose",
                            "ipv6_address");
    } else if (member.key() == "mac_address") {
      service.ledger().lost(member, "link addresses are chosen by berth", "leave it out");
    } else if (member.key() == "priority" || member.key() == "gw_priority") {
      service.ledger().lost(member, "networks are attached in the order of the file",
                            "put the one with the default route first");
    }
  }
}

// The subnet of a network, from its ipam.
void take_ipam(const Node& ipam, Draft& draft, Ledger& ledger) {
  const Node* const configs = ipam.find("config");
  const Node* const driver = ipam.find("driver");
  if (driver != nullptr && driver->text() == "default") driver->take();
  if (configs == nullptr) return;
  for (const Node& config : configs->children()) {
    const Node* const subnet = config.find("subnet");
    if (subnet == nullptr) continue;
    const std::string written = subnet->take();
    const std::string meant = subnet_of(written);
    const bool six = is_ipv6(written);
    draft.set(six ? "subnet6" : "subnet", six && !meant.empty() ? meant : written);
    draft.forget_comment(six ? "subnet6" : "subnet");
    const Node* const gateway = config.find("gateway");
    if (gateway != nullptr && spelled(gateway->text()) == gateway_of(meant)) gateway->take();
    if (gateway != nullptr && gateway->fate() == Fate::open) {
      ledger.lost(*gateway, "the bridge has the subnet's first address", "leave it out");
    }
    if (const Node* const range = config.find("ip_range")) {
      ledger.lost(*range, "addresses are leased from all of the subnet",
                  "ipv4_address, where one must not change");
    }
  }
}

void take_external(const Node& network, const std::string& name, Product& product) {
  const Node* const external = network.find("external");
  if (external == nullptr) return;
  if (external->is_scalar() && boolean_of(external->text()) == false) return external->carry();
  product.networks.at(name).heading(
      "This network was external to the file that it is imported from: others are on it, too.");
  product.ledger.changed(*external, "it was made elsewhere; here it is " + name + ".toml",
                         "give it the subnet that it has, or take the file out if it is there");
}

void import_network(const Node& network, const std::string& name, Product& product) {
  Draft& draft = product.network(name);
  if (network.is_leaf()) network.carry();
  take_external(network, name, product);
  for (const Node& member : network.children()) {
    if (member.key() == "name") member.take();
    if (member.key() == "ipam") take_ipam(member, draft, product.ledger);
    if (member.key() == "driver") {
      if (member.text() == "bridge" || member.text() == "default") {
        member.take();
      } else if (member.text() == "macvlan" || member.text() == "ipvlan") {
        draft.set("driver", member.take());
      } else {
        product.ledger.lost(member, "there is no driver " + quote(member.text()), "bridge");
      }
    }
    if (member.key() == "internal") {
      if (take_flag(member, product.ledger) != true) continue;
      draft.set("nat", false);
      product.ledger.changed(member,
                             "without nat nobody answers its packets, but they are not "
                             "kept from leaving",
                             "a rule of the host's own");
    }
    if (member.key() == "driver_opts") {
      const Node* const link = member.find("com.docker.network.bridge.name");
      if (link != nullptr) draft.set("bridge", link->take());
      const Node* const parent = member.find("parent");
      if (parent != nullptr) draft.set("uplink", parent->take());
    }
    if (member.key() == "enable_ipv6" && boolean_of(member.text())) {
      member.carry();
      if (wants_ipv6(network)) product.choose_subnet6(draft);
    }
    if (member.key() == "labels") {
      product.ledger.lost(member, "networks have no labels", "leave them out");
    }
    if (member.key() == "attachable") {
      product.ledger.note(member, "any container can be attached to any network");
    }
  }
}

}  // namespace

void take_ports(const Node& node, ComposeService& service) {
  const Node* const mode = service.node.find("network_mode");
  if (!is_attached(service)) {
    return service.ledger().note(
        node, "with network_mode " + quote(mode->text()) + " no ports are published");
  }
  for (const Node& item : node.children()) {
    if (item.is_table()) {
      take_port_table(item, service.draft, service.ledger(), has_ipv6(service));
    } else {
      take_port_text(item, service.draft, service.ledger(), has_ipv6(service));
    }
  }
}

void take_networks(const Node& node, ComposeService& service) {
  for (const Node& item : node.children()) {
    const std::string key = node.is_list() ? item.take() : item.key();
    if (item.is_leaf()) item.carry();
    TomlTable attachment{{"name", network_name(service.project, key)}};
    take_attachment(item, attachment, service);
    service.draft.append("networks", std::move(attachment));
  }
}

void take_network_mode(const Node& node, ComposeService& service) {
  const std::string& mode = node.text();
  if (mode == "none" || mode == "host") {
    service.draft.set("network", node.take());
  } else if (mode == "bridge" || mode == "default") {
    node.take();
  } else {
    service.ledger().lost(node, "its network is not that of another container",
                          "put both on one network, and use the other's name");
    const auto other = service.project.containers.find(mode.substr(mode.find(':') + 1));
    if (!mode.starts_with("service:") || other == service.project.containers.end()) return;
    service.project.dependencies.push_back({service.name, other->second, &node, "started", false});
  }
}

void attach_aliases(ComposeProject& project) {
  for (const auto& [target, aliases] : project.aliases) {
    const size_t line = target.find('\n');
    Draft& draft = project.product.containers.at(target.substr(0, line));
    if (draft.has("network")) continue;
    if (!draft.has("networks")) draft.append("networks", TomlTable{{"name", "default"}});
    for (Toml& item : draft.items("networks")) {
      auto& attachment = *item.get<TomlTable>();
      if (line != target.npos && attachment.front().second != Toml(target.substr(line + 1))) {
        continue;
      }
      add_aliases(attachment, aliases);
    }
  }
}

void import_compose_networks(ComposeProject& project) {
  const Node* const networks = project.root.find("networks");
  if (networks == nullptr) return;
  if (networks->is_leaf()) networks->carry();
  for (const Node& network : networks->children()) {
    const std::string name = network_name(project, network.key());
    if (name == "default") {
      network.carry();
      continue;
    }
    import_network(network, name, project.product);
    if (network.key() != "default") continue;
    for (const auto& [service, container] : project.containers) {
      Draft& draft = project.product.containers.at(container);
      if (draft.has("networks") || draft.has("network")) continue;
      draft.append("networks", TomlTable{{"name", name}});
    }
  }
}

}  // namespace berth::importing
