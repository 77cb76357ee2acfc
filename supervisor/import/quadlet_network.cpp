// [Container]: networks and ports; and the .network and .pod units that they name.
#include <algorithm>

#include "supervisor/import/addresses.h"
#include "supervisor/import/ports.h"
#include "supervisor/import/quadlet.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

// Whether a .network unit has IPv6 addresses.
bool wants_ipv6(const QuadletUnit& unit) {
  return boolean_of(unit.peek("Network", "IPv6")) == true ||
         std::ranges::any_of(unit.lines("Network"), [](const Node* line) {
           return line->key() == "Subnet" && is_ipv6(line->text());
         });
}

// The same of a container's first network, to which its ports lead.
bool has_ipv6(const QuadletContainer& container) {
  const std::string first = container.unit.peek("Container", "Network");
  const QuadletUnit* const unit = container.set.find(first.substr(0, first.find(':')));
  return unit != nullptr && unit->kind == "network" && wants_ipv6(*unit);
}

// What stands behind the name: "lan.network:ip=10.0.0.5,alias=web".
void take_options(const Node& node, const std::string& options, TomlTable& attachment,
                  Ledger& ledger) {
  for (const std::string& word : split(options, ',')) {
    if (word.starts_with("ip=")) {
      attachment.emplace_back("ipv4_address", word.substr(3));
    } else if (word.starts_with("ip6=")) {
      attachment.emplace_back("ipv6_address", spelled(word.substr(4)));
    } else if (word.starts_with("alias=") && is_hostname(word.substr(6))) {
      add_aliases(attachment, {word.substr(6)});
    } else if (!word.empty()) {
      ledger.lost(node, "the option " + quote(word) + " of a network has no counterpart",
                  "ip, ip6 and alias have");
    }
  }
}

void take_network(const Node& node, QuadletContainer& container) {
  const std::string& text = node.text();
  const size_t colon = text.find(':');
  std::string name = text.substr(0, colon);
  Ledger& ledger = container.ledger();
  if (name == "host" || name == "none") {
    node.take();
    container.draft.set("network", name);
    return;
  }
  if (name == "container" || name == "ns" || name.ends_with(".container")) {
    return ledger.lost(node, "its network is not that of another container",
                       "put both on one network, and use the other's name");
  }
  if (name == "slirp4netns" || name == "pasta" || name == "private") {
    return ledger.changed(node, "it is on berth's default bridge instead", "leave it out");
  }
  TomlTable attachment;
  if (name == "bridge" || name == "podman") {
    attachment = {{"name", "default"}};
  } else if (name.ends_with(".network")) {
    const QuadletUnit* const unit = container.set.find(name);
    name.resize(name.size() - 8);
    attachment = {{"name", unit == nullptr ? definition_name(name) : unit->name}};
    if (unit == nullptr) {
      ledger.changed(node, "there is no " + name + ".network here",
                     "write networks/" + definition_name(name) + ".toml");
    }
  } else {
    attachment = {{"name", definition_name(name)}};
    container.product.network(definition_name(name));
    ledger.changed(node, "it was made elsewhere; here it is " + definition_name(name) + ".toml",
                   "give it the subnet that it has");
  }
  if (colon != text.npos) take_options(node, text.substr(colon + 1), attachment, ledger);
  node.take();
  container.draft.append("networks", std::move(attachment));
}

void take_alias(const Node& node, QuadletContainer& container) {
  if (is_hostname(node.text())) {
    container.aliases.push_back(node.take());
  } else {
    container.ledger().lost(node, quote(node.text()) + " cannot be an alias: it is no host name",
                            "letters, digits and \"-\"");
  }
}

void take_pod(const Node& node, QuadletContainer& container) {
  container.ledger().lost(node, "the containers of a pod do not share a network namespace",
                          "have them call each other by name instead of localhost");
}

}  // namespace

bool take_network_key(const Node& node, QuadletContainer& container) {
  const std::string& key = node.key();
  if (key == "Network") {
    take_network(node, container);
  } else if (key == "NetworkAlias") {
    take_alias(node, container);
  } else if (key == "PublishPort") {
    take_port_text(node, container.draft, container.ledger(), has_ipv6(container));
  } else if (key == "Pod") {
    take_pod(node, container);
  } else if (key != "IP" && key != "IP6") {  // taken when the networks are known
    return false;
  }
  return true;
}

void finish_quadlet_network(QuadletContainer& container) {
  Draft& draft = container.draft;
  const Node* const address = container.unit.line("Container", "IP");
  const Node* const address6 = container.unit.line("Container", "IP6");
  const bool attached = !draft.has("network");
  if (!attached) {
    draft.erase("networks");
    draft.erase("ports");
    for (const Node* node : container.unit.lines("Container")) {
      if (node->key() != "PublishPort" && !node->key().starts_with("IP")) continue;
      container.ledger().note(*node, "with this network nothing is published");
    }
    return;
  }
  if (address == nullptr && address6 == nullptr && container.aliases.empty()) return;
  if (!draft.has("networks")) draft.append("networks", TomlTable{{"name", "default"}});
  TomlList& networks = draft.items("networks");
  if (address != nullptr) {
    networks.front().get<TomlTable>()->emplace_back("ipv4_address", address->take());
  }
  if (address6 != nullptr && !has_ipv6(container)) {
    container.ledger().lost(*address6, "the network has no IPv6 addresses",
                            "subnet6 of the network");
  } else if (address6 != nullptr) {
    networks.front().get<TomlTable>()->emplace_back("ipv6_address", spelled(address6->take()));
  }
  for (Toml& network : networks) {
    if (!container.aliases.empty()) add_aliases(*network.get<TomlTable>(), container.aliases);
  }
}

void import_network_unit(const QuadletUnit& unit, Product& product) {
  Draft& draft = product.network(unit.name);
  for (const Node* node : unit.lines("Network")) {
    const std::string& key = node->key();
    const std::string& text = node->text();
    if (key == "NetworkName") node->take();
    if (key == "Driver" && text == "bridge") node->take();
    if (key == "Driver" && (text == "macvlan" || text == "ipvlan"))
      draft.set("driver", node->take());
    if (key == "InterfaceName") draft.set("bridge", node->take());
    if (key == "Subnet") {
      const std::string meant = subnet_of(text);
      const bool six = is_ipv6(text);
      draft.set(six ? "subnet6" : "subnet", six && !meant.empty() ? meant : node->text());
      draft.forget_comment(six ? "subnet6" : "subnet");
      node->take();
    }
    if (key == "Gateway") {
      const bool first = std::ranges::any_of(unit.lines("Network"), [&](const Node* line) {
        return line->key() == "Subnet" && gateway_of(subnet_of(line->text())) == spelled(text);
      });
      if (first) {
        node->take();
      } else {
        product.ledger.lost(*node, "the bridge has the subnet's first address", "leave it out");
      }
    }
    if (key == "Internal" && take_flag(*node, product.ledger) == true) {
      draft.set("nat", false);
      product.ledger.changed(*node,
                             "without nat nobody answers its packets, but they are not "
                             "kept from leaving",
                             "a rule of the host's own");
    }
    if (key == "DisableDNS" && take_flag(*node, product.ledger) == true) draft.set("dns", false);
    if (key == "IPv6" && boolean_of(text)) node->take();
  }
  if (wants_ipv6(unit)) product.choose_subnet6(draft);
}

void import_pod_unit(const QuadletUnit& unit, QuadletSet& set) {
  std::vector<std::string> members;
  const std::string file = unit.stem + ".pod";
  for (const auto& [name, other] : set.units) {
    if (other.kind == "container" && other.peek("Container", "Pod") == file) {
      members.push_back(other.name);
    }
  }
  for (const Node* node : unit.lines("Pod")) {
    if (node->key() == "PodName" || node->key() == "ServiceName") {
      set.product.ledger.note(*node, "a pod has no counterpart of its own");
    } else if (node->key() == "PublishPort" && members.size() == 1) {
      Draft& draft = set.product.containers.at(members[0]);
      take_port_text(*node, draft, set.product.ledger);
    } else if (node->key() == "PublishPort") {
      set.product.ledger.lost(*node, "which container of the pod answers is not known",
                              "ports, in that container's definition");
    }
  }
  for (const std::string& member : members) {
    set.product.containers.at(member).append("groups", definition_name(unit.stem));
  }
}

}  // namespace berth::importing
