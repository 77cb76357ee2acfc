#include "supervisor/plan/view.h"

#include <algorithm>
#include <set>
#include <utility>

#include "supervisor/plan/attachments.h"

namespace berth::planning {

namespace {

using EntriesByNetwork = std::map<std::string_view, std::vector<HostEntry>>;
using NetworkNames = std::vector<std::string_view>;

bool has_sandbox(const ObservedContainer& container) {
  return container.sandbox == Presence::present && container.sandbox_spec;
}

std::vector<BridgeView> bridges_of(const DesiredState& desired, const ObservedState& observed) {
  std::vector<BridgeView> bridges;
  for (const auto& [name, network] : observed.networks) {
    if (network.presence != Presence::present || !network.spec) continue;
    // Whether it masquerades is a matter of the rules alone, so the newest word counts.
    const auto wanted = desired.networks.find(name);
    const bool nat = wanted == desired.networks.end() ? network.spec->nat : wanted->second->nat;
    const std::string& bridge = network.spec->bridge;
    bridges.push_back(BridgeView{.network = name,
                                 .bridge = bridge.empty() ? "br-" + name : bridge,
                                 .subnet = network.spec->subnet,
                                 .nat = nat,
                                 .subnet6 = network.spec->subnet6});
  }
  return bridges;
}

bool overlap(const PortSpec& left, const PortSpec& right) {
  const auto is_any = [](const std::string& address) {
    return address == "0.0.0.0" || address == "::";
  };
  return left.host_port == right.host_port && left.protocol == right.protocol &&
         (left.host_address == right.host_address || is_any(left.host_address) ||
          is_any(right.host_address));
}

bool has(const ContainerSpec& spec, const PortSpec& port) {
  return std::ranges::find(spec.ports, port) != spec.ports.end();
}

// Ports that a container has and its definition does not have any more are left out where another
// container has come to have them.
void add_ports(NetworkView& view, const DesiredState& desired, const ObservedState& observed) {
  std::vector<PublishedPort> outdated;
  for (const auto& [name, container] : observed.containers) {
    if (!has_sandbox(container) || !container.ports_spec) continue;
    const auto wanted = desired.containers.find(name);
    for (const PortSpec& port : container.ports_spec->ports) {
      // Packets are not translated from one family to the other.
      const auto& addresses = port.is_ipv6() ? container.addresses6 : container.addresses;
      if (addresses.empty() || addresses.front().empty()) continue;
      const bool stays = wanted != desired.containers.end() && has(*wanted->second, port);
      auto& ports = stays ? view.ports : outdated;
      ports.push_back(PublishedPort{name, addresses.front(), port});
    }
  }
  for (PublishedPort& old : outdated) {
    const bool lost = std::ranges::any_of(
        view.ports, [&](const PublishedPort& other) { return overlap(old.port, other.port); });
    if (!lost) view.ports.push_back(std::move(old));
  }
}

std::vector<std::string> names_of(const std::string& name, const ContainerSpec& spec,
                                  const NetworkAttachment& attachment) {
  std::vector<std::string> names{name};
  const auto add = [&names](const std::string& more) {
    if (!more.empty() && std::ranges::find(names, more) == names.end()) names.push_back(more);
  };
  add(spec.hostname);
  for (const std::string& alias : attachment.aliases) add(alias);
  return names;
}

// Like nat a matter of files alone, so the newest word counts.
bool has_names(const DesiredState& desired, const ObservedState& observed,
               const std::string& network) {
  if (const auto wanted = desired.networks.find(network); wanted != desired.networks.end()) {
    return wanted->second->dns;
  }
  const auto known = observed.networks.find(network);
  return known == observed.networks.end() || !known->second.spec || known->second.spec->dns;
}

// Addresses and attachments are in the same order.
void add_entries(EntriesByNetwork& entries, const DesiredState& desired,
                 const ObservedState& observed, const std::string& name,
                 const ObservedContainer& container) {
  const ContainerSpec& spec = *container.sandbox_spec;
  const auto& attachments = attachments_of(spec);
  for (std::size_t i = 0; i < std::min(attachments.size(), container.addresses.size()); ++i) {
    if (!has_names(desired, observed, attachments[i].name)) continue;
    std::vector<HostEntry>& here = entries[attachments[i].name];
    here.push_back(HostEntry{container.addresses[i], names_of(name, spec, attachments[i])});
    if (i >= container.addresses6.size() || container.addresses6[i].empty()) continue;
    here.push_back(HostEntry{container.addresses6[i], names_of(name, spec, attachments[i])});
  }
}

NetworkNames network_names_of(const ContainerSpec& spec) {
  NetworkNames names;
  for (const NetworkAttachment& attachment : attachments_of(spec)) names.push_back(attachment.name);
  std::ranges::sort(names);
  return names;
}

HostList list_for(const NetworkNames& networks, const EntriesByNetwork& entries) {
  std::vector<HostEntry> list;
  for (const std::string_view network : networks) {
    const auto found = entries.find(network);
    if (found != entries.end()) list.insert(list.end(), found->second.begin(), found->second.end());
  }
  return list;
}

void add_hosts(NetworkView& view, const ObservedState& observed, const EntriesByNetwork& entries) {
  std::map<NetworkNames, HostList> lists;
  for (const auto& [name, container] : observed.containers) {
    if (!has_sandbox(container)) continue;
    NetworkNames networks = network_names_of(*container.sandbox_spec);
    auto found = lists.find(networks);
    if (found == lists.end()) {
      HostList list = list_for(networks, entries);
      found = lists.emplace(std::move(networks), std::move(list)).first;
    }
    view.hosts.emplace_hint(view.hosts.end(), name, found->second);
  }
}

}  // namespace

NetworkView view_of(const DesiredState& desired, const ObservedState& observed) {
  NetworkView view;
  view.bridges = bridges_of(desired, observed);
  add_ports(view, desired, observed);
  EntriesByNetwork entries;
  for (const auto& [name, container] : observed.containers) {
    if (!has_sandbox(container)) continue;
    add_entries(entries, desired, observed, name, container);
  }
  add_hosts(view, observed, entries);
  return view;
}

bool same_view(const NetworkView& left, const NetworkView& right) {
  if (left.bridges != right.bridges || left.ports != right.ports ||
      left.hosts.size() != right.hosts.size()) {
    return false;
  }
  std::set<std::pair<const HostEntry*, const HostEntry*>> compared;  // lists by where they begin
  return std::ranges::equal(left.hosts, right.hosts, [&](const auto& one, const auto& other) {
    if (one.first != other.first) return false;
    const HostList& mine = one.second;
    const HostList& theirs = other.second;
    if (mine.empty() || theirs.empty()) return mine.empty() && theirs.empty();
    if (mine.shares(theirs) || compared.contains({&mine[0], &theirs[0]})) return true;
    if (mine != theirs) return false;
    compared.emplace(&mine[0], &theirs[0]);
    return true;
  });
}

void plan_view(PlanBuilder& builder, const DesiredState& desired, const ObservedState& observed) {
  if (observed.view_busy) return;
  NetworkView view = view_of(desired, observed);
  if (same_view(view, observed.view)) return;
  // What was refused is tried again after a while, another view at once.
  if (same_view(view, observed.view_refused) && !builder.due(observed.view_next_try)) return;
  builder.add(
      Stage::view, 0,
      Action{"", action::ApplyView{std::move(view)}, "networks, addresses or ports changed", {}});
}

}  // namespace berth::planning
