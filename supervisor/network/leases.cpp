// Address leases: assignment and the text form.
#include "supervisor/network/leases.h"

#include <array>
#include <utility>

#include "supervisor/network/names.h"

namespace berth::network {
namespace {

using NetworkLeases = std::map<std::string, Ipv4Address>;

Result<Ipv4Address> check_requested(const Ipv4Subnet& subnet, const NetworkLeases& held,
                                    std::string_view network, std::string_view container,
                                    std::string_view requested) {
  const Ipv4Address address = TRY(parse_ipv4(requested));
  const std::string where = " of network " + std::string(network) + " (" + format(subnet) + ")";
  if (!subnet.contains(address)) return fail(format(address) + " is not an address" + where);
  if (address == subnet.gateway()) return fail(format(address) + " is the gateway" + where);
  if (!subnet.assignable(address))
    return fail(format(address) + " is no address of a host" + where);
  for (const auto& [holder, leased] : held)
    if (leased == address && holder != container)
      return fail(format(address) + " is held by container " + holder);
  return address;
}

Result<Ipv4Address> first_free(const Ipv4Subnet& subnet, const NetworkLeases& held,
                               std::string_view network) {
  std::set<Ipv4Address> taken;
  for (const auto& [holder, leased] : held) taken.insert(leased);
  Ipv4Address candidate{subnet.gateway().value + 1};
  for (auto next = taken.lower_bound(candidate); next != taken.end() && *next == candidate; ++next)
    ++candidate.value;
  if (subnet.assignable(candidate)) return candidate;
  return fail("network " + std::string(network) + " has no free address left in " + format(subnet) +
              ": all " + std::to_string(held.size()) + " are leased");
}

// Splits "NETWORK CONTAINER ADDRESS" at its single spaces; false when there are not three words.
bool split_line(std::string_view line, std::array<std::string_view, 3>& words) {
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::size_t end = line.find(' ');
    if ((end == line.npos) != (i + 1 == words.size())) return false;
    words[i] = line.substr(0, end);
    if (end != line.npos) line.remove_prefix(end + 1);
  }
  return true;
}

// Who holds an address of a network, while a text is read.
using Holders = std::map<std::pair<std::string_view, Ipv4Address>, std::string_view>;

Result<void> parse_line(std::string_view line, Leases& leases, Holders& holders) {
  std::array<std::string_view, 3> words;
  if (!split_line(line, words)) return fail("is not \"NETWORK CONTAINER ADDRESS\"");
  const auto [network, container, text] = words;
  if (!is_valid_name(network)) return fail("has no valid network name");
  if (!is_valid_name(container)) return fail("has no valid container name");
  const Ipv4Address address = TRY(parse_ipv4(text));
  const auto [held, is_first] = holders.emplace(std::pair(network, address), container);
  if (!is_first)
    return fail("leases " + format(address) + " again, after " + std::string(held->second));
  auto& network_leases = leases.networks[std::string(network)];
  if (!network_leases.emplace(container, address).second)
    return fail("leases a second address to " + std::string(container));
  return {};
}

// What `assign` answers, changing nothing.
Result<Ipv4Address> choose(const Ipv4Subnet& subnet, const NetworkLeases& held,
                           std::string_view network, std::string_view container,
                           std::string_view requested) {
  if (!requested.empty()) return check_requested(subnet, held, network, container, requested);
  const auto own = held.find(std::string(container));
  if (own != held.end() && subnet.assignable(own->second)) return own->second;
  return first_free(subnet, held, network);
}

}  // namespace

Result<Ipv4Address> assign(const Ipv4Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested) {
  if (!is_valid_name(network) || !is_valid_name(container))
    return fail("cannot lease an address: a name is not valid");
  static const NetworkLeases kNone;
  const auto known = leases.networks.find(std::string(network));
  const NetworkLeases& held = known == leases.networks.end() ? kNone : known->second;
  const Ipv4Address address = TRY(choose(subnet, held, network, container, requested));
  leases.networks[std::string(network)][std::string(container)] = address;
  return address;
}

void release(Leases& leases, std::string_view container) {
  for (auto& [network, held] : leases.networks) held.erase(std::string(container));
  std::erase_if(leases.networks, [](const auto& entry) { return entry.second.empty(); });
}

void retain(Leases& leases, const std::set<std::string>& containers) {
  for (auto& [network, held] : leases.networks)
    std::erase_if(held, [&](const auto& lease) { return !containers.contains(lease.first); });
  std::erase_if(leases.networks, [](const auto& entry) { return entry.second.empty(); });
}

std::string render(const Leases& leases) {
  std::string text;
  for (const auto& [network, held] : leases.networks)
    for (const auto& [container, address] : held)
      text += network + " " + container + " " + format(address) + "\n";
  return text;
}

Result<Leases> parse_leases(std::string_view text) {
  Leases leases;
  Holders holders;
  for (unsigned number = 1; !text.empty(); ++number) {
    const std::string where = "line " + std::to_string(number);
    const std::size_t end = text.find('\n');
    if (end == text.npos) return fail(where + " is cut off");
    if (auto parsed = parse_line(text.substr(0, end), leases, holders); !parsed)
      return fail(where + " " + parsed.error().what);
    text.remove_prefix(end + 1);
  }
  return leases;
}

}  // namespace berth::network
