#include "supervisor/definition/check_set.h"

#include <algorithm>
#include <optional>

#include "supervisor/base/ip_address.h"
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/keys.h"

namespace berth::definition {

namespace {

// Something of which there is one, and who claims it.
struct Claim {
  const ContainerSpec* spec = nullptr;
  size_t index = 0;   // of ports or networks
  bool held = false;  // by the same container, before
};

bool had_port(const SetView& set, const std::string& container, const PortSpec& port) {
  if (set.previous == nullptr) return false;
  const auto before = set.previous->find(container);
  return before != set.previous->end() &&
         std::ranges::any_of(before->second->ports,
                             [&](const PortSpec& held) { return same_host_port(held, port); });
}

// ipv4_address or ipv6_address.
using FixedAddress = std::string NetworkAttachment::*;

bool had_address(const SetView& set, const std::string& container,
                 const NetworkAttachment& attachment, FixedAddress address) {
  if (set.previous == nullptr) return false;
  const auto before = set.previous->find(container);
  return before != set.previous->end() &&
         std::ranges::any_of(before->second->networks, [&](const NetworkAttachment& held) {
           return held.name == attachment.name && held.*address == attachment.*address;
         });
}

std::string item(const char* list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// The first of the claims that were granted on this port and excludes this one.
const Claim* excluding(const std::vector<Claim>& granted, const PortSpec& port) {
  const auto found = std::ranges::find_if(granted, [&](const Claim& claim) {
    return same_host_address(claim.spec->ports[claim.index], port);
  });
  return found == granted.end() ? nullptr : &*found;
}

void grant_ports(std::vector<Claim>& claims, std::vector<Misfit>& misfits) {
  std::ranges::stable_sort(claims, {}, [](const Claim& claim) { return !claim.held; });
  std::vector<Claim> granted;
  for (const Claim& claim : claims) {
    const PortSpec& port = claim.spec->ports[claim.index];
    const Claim* other = excluding(granted, port);
    if (other == nullptr) {
      granted.push_back(claim);
      continue;
    }
    if (other->spec == claim.spec) continue;  // the file itself was refused for it
    Misfit loser = misfit(*claim.spec, item("ports", claim.index),
                          show_host_port(port) + " is published by " + other->spec->name + " at " +
                              format(where_of(*other->spec, item("ports", other->index))),
                          "another port of the host");
    loser.winner = other->spec->name;
    misfits.push_back(std::move(loser));
  }
}

// Why no container has this address of the subnet; empty when one can.
template <class Subnet, class Address>
std::string obstacle(const Subnet& subnet, const Address& address) {
  if (subnet.assignable(address)) return "";
  if (!subnet.contains(address)) return "is not within " + format(subnet);
  if (address == subnet.base) return "is the network's own address";
  return address == subnet.gateway() ? "is the bridge's address" : "is the broadcast address";
}

// A fixed address must be one that a container of this network can have.
template <class Subnet, class Address>
void check_address(const ContainerSpec& spec, const std::string& key, const NetworkSpec& network,
                   const Result<Subnet>& subnet, const Result<Address>& address,
                   std::vector<Misfit>& misfits) {
  if (!subnet || !address) return;
  const std::string problem = obstacle(*subnet, *address);
  if (problem.empty()) return;
  Misfit wrong =
      misfit(spec, key, format(*address) + " " + problem + " of the network " + quote(network.name),
             format(subnet->gateway().next()) + " to " + format(subnet->last_assignable()));
  wrong.tolerable = true;
  misfits.push_back(std::move(wrong));
}

void check_addresses(const ContainerSpec& spec, size_t index, const NetworkSpec& network,
                     std::vector<Misfit>& misfits) {
  const NetworkAttachment& attachment = spec.networks[index];
  check_address(spec, item("networks", index) + ".ipv4_address", network,
                parse_ipv4_subnet(network.subnet), parse_ipv4(attachment.ipv4_address), misfits);
  const std::string key = item("networks", index) + ".ipv6_address";
  if (!network.subnet6.empty() || attachment.ipv6_address.empty()) {
    check_address(spec, key, network, parse_ipv6_subnet(network.subnet6),
                  parse_ipv6(attachment.ipv6_address), misfits);
    return;
  }
  Misfit wrong = misfit(spec, key, "the network " + quote(network.name) + " has no IPv6 addresses",
                        "leave it out, or give the network a subnet6");
  wrong.tolerable = true;
  misfits.push_back(std::move(wrong));
}

// Ports lead to the container's address in its first network.
void check_port_families(const SetView& set, const ContainerSpec& spec,
                         std::vector<Misfit>& misfits) {
  const auto network = set.networks.find(spec.networks.empty() ? "default" : spec.networks[0].name);
  if (network == set.networks.end() || !network->second->subnet6.empty()) return;
  for (size_t i = 0; i < spec.ports.size(); ++i) {
    if (!spec.ports[i].is_ipv6()) continue;
    Misfit wrong = misfit(spec, item("ports", i),
                          show_host_port(spec.ports[i]) + " leads nowhere: the network " +
                              quote(network->first) + " has no IPv6 addresses",
                          "an IPv4 address of the host, or give the network a subnet6");
    wrong.tolerable = true;
    misfits.push_back(std::move(wrong));
  }
}

void check_attachment(const SetView& set, const ContainerSpec& spec, size_t index,
                      std::vector<Misfit>& misfits) {
  const NetworkAttachment& attachment = spec.networks[index];
  const auto network = set.networks.find(attachment.name);
  if (network != set.networks.end()) {
    check_addresses(spec, index, *network->second, misfits);
    return;
  }
  if (attachment.name.empty()) return;
  const auto bad = set.bad_networks.find(attachment.name);
  if (bad != set.bad_networks.end() && set.quiet) return;
  std::vector<std::string_view> names;
  for (const auto& [name, unused] : set.networks) names.push_back(name);
  const std::string_view near = nearest(attachment.name, names);
  Misfit missing =
      bad != set.bad_networks.end()
          ? misfit(spec, item("networks", index),
                   "the network " + quote(attachment.name) + " has no good definition",
                   "mend " + bad->second)
          : misfit(spec, item("networks", index), "there is no network " + quote(attachment.name),
                   near.empty() ? "a file networks/" + attachment.name + ".toml"
                                : "did you mean " + std::string(near) + "?");
  missing.tolerable = true;
  misfits.push_back(std::move(missing));
}

template <class Subnet>
bool overlap_each_other(const Result<Subnet>& left, const Result<Subnet>& right) {
  return left && right && left->overlaps(*right);
}

}  // namespace

Misfit misfit(const ContainerSpec& spec, const std::string& key, std::string problem,
              std::string remedy) {
  return Misfit{.container = spec.name,
                .diagnostic = Diagnostic{Severity::error, where_of(spec, key), key,
                                         std::move(problem), std::move(remedy), spec.name}};
}

bool is_unchanged(const SetView& set, const ContainerSpec& spec) {
  if (set.previous == nullptr) return false;
  const auto before = set.previous->find(spec.name);
  return before != set.previous->end() && same_definition(*before->second, spec);
}

void check_ports(const SetView& set, std::vector<Misfit>& misfits) {
  std::map<std::pair<std::uint16_t, Protocol>, std::vector<Claim>> claims;
  for (const auto& [name, spec] : set.containers) {
    for (size_t i = 0; i < spec->ports.size(); ++i) {
      const PortSpec& port = spec->ports[i];
      claims[{port.host_port, port.protocol}].push_back(
          Claim{spec.get(), i, had_port(set, name, port)});
    }
  }
  for (auto& [port, claimants] : claims) grant_ports(claimants, misfits);
}

// Two containers of one network that ask for one address.
void check_claims(const SetView& set, FixedAddress member, const std::string& key,
                  std::vector<Misfit>& misfits) {
  std::map<std::pair<std::string, std::string>, std::vector<Claim>> claims;
  for (const auto& [name, spec] : set.containers) {
    for (size_t i = 0; i < spec->networks.size(); ++i) {
      const NetworkAttachment& attachment = spec->networks[i];
      if ((attachment.*member).empty()) continue;
      claims[{attachment.name, attachment.*member}].push_back(
          Claim{spec.get(), i, had_address(set, name, attachment, member)});
    }
  }
  const auto key_of = [&](const Claim& claim) { return item("networks", claim.index) + "." + key; };
  for (auto& [address, claimants] : claims) {
    std::ranges::stable_sort(claimants, {}, [](const Claim& claim) { return !claim.held; });
    for (size_t i = 1; i < claimants.size(); ++i) {
      const Claim& winner = claimants[0];
      const Claim& loser = claimants[i];
      if (winner.spec == loser.spec) continue;
      Misfit taken = misfit(*loser.spec, key_of(loser),
                            address.second + " is the address of " + winner.spec->name + " at " +
                                format(where_of(*winner.spec, key_of(winner))),
                            "another address of the network");
      taken.winner = winner.spec->name;
      misfits.push_back(std::move(taken));
    }
  }
}

void check_networks(const SetView& set, std::vector<Misfit>& misfits) {
  for (const auto& [name, spec] : set.containers) {
    for (size_t i = 0; i < spec->networks.size(); ++i) check_attachment(set, *spec, i, misfits);
    check_port_families(set, *spec, misfits);
  }
  check_claims(set, &NetworkAttachment::ipv4_address, "ipv4_address", misfits);
  check_claims(set, &NetworkAttachment::ipv6_address, "ipv6_address", misfits);
}

std::optional<Diagnostic> check_network(const NetworkSpec& network, const NetworkMap& others) {
  const auto at = [](const NetworkSpec& spec, const std::string& key) {
    const auto found = spec.where.find(key);
    if (found != spec.where.end()) return found->second;
    const auto whole = spec.where.find("");
    return whole == spec.where.end() ? SourcePos{} : whole->second;
  };
  const auto named = [&](const NetworkSpec& spec, const std::string& key) {
    const std::string place = format(at(spec, key));
    return quote(spec.name) + (place.empty() ? " of berthd.toml" : " at " + place);
  };
  const auto overlap = [&](const NetworkSpec& other, const std::string& key,
                           std::string NetworkSpec::* subnet) {
    return Diagnostic{
        Severity::error,
        at(network, key),
        key,
        network.*subnet + " overlaps with " + other.*subnet + ", the network " + named(other, key),
        "another subnet",
        ""};
  };
  for (const auto& [name, other] : others) {
    if (name == network.name) continue;
    if (overlap_each_other(parse_ipv4_subnet(network.subnet), parse_ipv4_subnet(other->subnet)))
      return overlap(*other, "subnet", &NetworkSpec::subnet);
    if (overlap_each_other(parse_ipv6_subnet(network.subnet6), parse_ipv6_subnet(other->subnet6)))
      return overlap(*other, "subnet6", &NetworkSpec::subnet6);
    if (network.bridge == other->bridge) {
      return Diagnostic{
          Severity::error,
          at(network, "bridge"),
          "bridge",
          quote(network.bridge) + " is the link of the network " + named(*other, "bridge"),
          "another name",
          ""};
    }
  }
  return std::nullopt;
}

std::vector<Misfit> check_set(const SetView& set) {
  std::vector<Misfit> misfits;
  check_dependencies(set, misfits);
  check_cycles(set, misfits);
  check_ports(set, misfits);
  check_networks(set, misfits);
  return misfits;
}

}  // namespace berth::definition
