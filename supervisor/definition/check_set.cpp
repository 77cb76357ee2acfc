#include "supervisor/definition/check_set.h"

#include <algorithm>
#include <optional>

#include "supervisor/definition/shapes.h"
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

bool had_address(const SetView& set, const std::string& container,
                 const NetworkAttachment& attachment) {
  if (set.previous == nullptr) return false;
  const auto before = set.previous->find(container);
  return before != set.previous->end() &&
         std::ranges::any_of(before->second->networks, [&](const NetworkAttachment& held) {
           return held.name == attachment.name && held.ipv4_address == attachment.ipv4_address;
         });
}

std::string item(const char* list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

// The first of the claims that were granted on this port and excludes this one.
const Claim* excluding(const std::map<std::string, Claim>& granted, const std::string& address) {
  if (granted.empty()) return nullptr;
  if (address == "0.0.0.0") return &granted.begin()->second;
  if (const auto every = granted.find("0.0.0.0"); every != granted.end()) return &every->second;
  const auto same = granted.find(address);
  return same == granted.end() ? nullptr : &same->second;
}

void grant_ports(std::vector<Claim>& claims, std::vector<Misfit>& misfits) {
  std::ranges::stable_sort(claims, {}, [](const Claim& claim) { return !claim.held; });
  std::map<std::string, Claim> granted;  // by the host's address
  for (const Claim& claim : claims) {
    const PortSpec& port = claim.spec->ports[claim.index];
    const Claim* other = excluding(granted, port.host_address);
    if (other == nullptr) {
      granted.emplace(port.host_address, claim);
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

// A fixed address must be one that a container of this network can have.
void check_address(const ContainerSpec& spec, size_t index, const NetworkSpec& network,
                   std::vector<Misfit>& misfits) {
  const NetworkAttachment& attachment = spec.networks[index];
  const auto subnet = parse_subnet(network.subnet);
  const auto address = parse_ipv4(attachment.ipv4_address);
  if (!subnet || !address) return;
  std::string problem;
  if (!subnet->contains(*address)) problem = "is not within " + network.subnet;
  if (*address == subnet->first) problem = "is the network's own address";
  if (*address == subnet->last()) problem = "is the broadcast address";
  if (*address == subnet->first + 1) problem = "is the bridge's address";
  if (problem.empty()) return;
  Misfit wrong =
      misfit(spec, item("networks", index) + ".ipv4_address",
             attachment.ipv4_address + " " + problem + " of the network " + quote(network.name),
             format_ipv4(subnet->first + 2) + " to " + format_ipv4(subnet->last() - 1));
  wrong.tolerable = true;
  misfits.push_back(std::move(wrong));
}

void check_attachment(const SetView& set, const ContainerSpec& spec, size_t index,
                      std::vector<Misfit>& misfits) {
  const NetworkAttachment& attachment = spec.networks[index];
  const auto network = set.networks.find(attachment.name);
  if (network != set.networks.end()) {
    check_address(spec, index, *network->second, misfits);
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

void check_networks(const SetView& set, std::vector<Misfit>& misfits) {
  std::map<std::pair<std::string, std::string>, std::vector<Claim>> claims;
  for (const auto& [name, spec] : set.containers) {
    for (size_t i = 0; i < spec->networks.size(); ++i) {
      check_attachment(set, *spec, i, misfits);
      const NetworkAttachment& attachment = spec->networks[i];
      if (attachment.ipv4_address.empty()) continue;
      claims[{attachment.name, attachment.ipv4_address}].push_back(
          Claim{spec.get(), i, had_address(set, name, attachment)});
    }
  }
  for (auto& [address, claimants] : claims) {
    std::ranges::stable_sort(claimants, {}, [](const Claim& claim) { return !claim.held; });
    for (size_t i = 1; i < claimants.size(); ++i) {
      const Claim& winner = claimants[0];
      const Claim& loser = claimants[i];
      if (winner.spec == loser.spec) continue;
      Misfit taken = misfit(
          *loser.spec, item("networks", loser.index) + ".ipv4_address",
          address.second + " is the address of " + winner.spec->name + " at " +
              format(where_of(*winner.spec, item("networks", winner.index) + ".ipv4_address")),
          "another address of the network");
      taken.winner = winner.spec->name;
      misfits.push_back(std::move(taken));
    }
  }
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
  const auto subnet = parse_subnet(network.subnet);
  for (const auto& [name, other] : others) {
    if (name == network.name) continue;
    const auto theirs = parse_subnet(other->subnet);
    if (subnet && theirs && subnet->overlaps(*theirs)) {
      return Diagnostic{Severity::error,
                        at(network, "subnet"),
                        "subnet",
                        network.subnet + " overlaps with " + other->subnet + ", the network " +
                            named(*other, "subnet"),
                        "another subnet",
                        ""};
    }
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
