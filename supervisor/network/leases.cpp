// Address leases: assignment and the text form.
#include "supervisor/network/leases.h"

#include <array>
#include <utility>

#include "supervisor/network/names.h"

namespace berth::network {
namespace {

// The leases of one network.
template <class Address>
using Held = std::map<std::string, Address>;

// What a family's subnets and addresses are called in templates over both.
struct Ipv4 {
  using Address = Ipv4Address;
  static constexpr auto parse = parse_ipv4;
  static auto& leases_of(auto& leases) { return leases.networks; }
};
struct Ipv6 {
  using Address = Ipv6Address;
  static constexpr auto parse = parse_ipv6;
  static auto& leases_of(auto& leases) { return leases.networks6; }
};

template <class Family, class Subnet, class Address = Family::Address>
Result<Address> check_requested(const Subnet& subnet, const Held<Address>& held,
                                std::string_view network, std::string_view container,
                                std::string_view requested) {
  const Address address = TRY(Family::parse(requested));
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

template <class Subnet, class Address>
Result<Address> first_free(const Subnet& subnet, const Held<Address>& held,
                           std::string_view network) {
  std::set<Address> taken;
  for (const auto& [holder, leased] : held) taken.insert(leased);
  Address candidate = subnet.gateway().next();
  for (auto next = taken.lower_bound(candidate); next != taken.end() && *next == candidate; ++next)
    candidate = candidate.next();
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
template <class Address>
using Holders = std::map<std::pair<std::string_view, Address>, std::string_view>;

struct AllHolders {
  Holders<Ipv4Address> ipv4;
  Holders<Ipv6Address> ipv6;
};

template <class Address>
Result<void> take_lease(std::string_view network, std::string_view container,
                        const Address& address, NetworkLeases<Address>& leases,
                        Holders<Address>& holders) {
  const auto [held, is_first] = holders.emplace(std::pair(network, address), container);
  if (!is_first)
    return fail("leases " + format(address) + " again, after " + std::string(held->second));
  if (!leases[std::string(network)].emplace(container, address).second)
    return fail("leases a second address to " + std::string(container));
  return {};
}

Result<void> parse_line(std::string_view line, Leases& leases, AllHolders& holders) {
  std::array<std::string_view, 3> words;
  if (!split_line(line, words)) return fail("is not \"NETWORK CONTAINER ADDRESS\"");
  const auto [network, container, text] = words;
  if (!is_valid_name(network)) return fail("has no valid network name");
  if (!is_valid_name(container)) return fail("has no valid container name");
  if (text.find(':') == text.npos)
    return take_lease(network, container, TRY(parse_ipv4(text)), leases.networks, holders.ipv4);
  return take_lease(network, container, TRY(parse_ipv6(text)), leases.networks6, holders.ipv6);
}

// What `assign` answers, changing nothing.
template <class Family, class Subnet, class Address = Family::Address>
Result<Address> choose(const Subnet& subnet, const Held<Address>& held, std::string_view network,
                       std::string_view container, std::string_view requested) {
  if (!requested.empty())
    return check_requested<Family>(subnet, held, network, container, requested);
  const auto own = held.find(std::string(container));
  if (own != held.end() && subnet.assignable(own->second)) return own->second;
  return first_free(subnet, held, network);
}

template <class Family, class Subnet, class Address = Family::Address>
Result<Address> assign_one(const Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested) {
  if (!is_valid_name(network) || !is_valid_name(container))
    return fail("cannot lease an address: a name is not valid");
  static const Held<Address> kNone;
  auto& networks = Family::leases_of(leases);
  const auto known = networks.find(std::string(network));
  const Held<Address>& held = known == networks.end() ? kNone : known->second;
  const Address address = TRY(choose<Family>(subnet, held, network, container, requested));
  networks[std::string(network)][std::string(container)] = address;
  return address;
}

// Drops the leases whose container is to lose them.
template <class Address, class Predicate>
void drop_leases(NetworkLeases<Address>& networks, const Predicate& loses) {
  for (auto& [network, held] : networks)
    std::erase_if(held, [&](const auto& lease) { return loses(lease.first); });
  std::erase_if(networks, [](const auto& entry) { return entry.second.empty(); });
}

template <class Address>
std::string render_family(const NetworkLeases<Address>& networks) {
  std::string text;
  for (const auto& [network, held] : networks)
    for (const auto& [container, address] : held)
      text += network + " " + container + " " + format(address) + "\n";
  return text;
}

}  // namespace

Result<Ipv4Address> assign(const Ipv4Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested) {
  return assign_one<Ipv4>(subnet, leases, network, container, requested);
}

Result<Ipv6Address> assign(const Ipv6Subnet& subnet, Leases& leases, std::string_view network,
                           std::string_view container, std::string_view requested) {
  return assign_one<Ipv6>(subnet, leases, network, container, requested);
}

void release(Leases& leases, std::string_view container) {
  const auto loses = [&](const std::string& name) { return name == container; };
  drop_leases(leases.networks, loses);
  drop_leases(leases.networks6, loses);
}

void retain(Leases& leases, const std::set<std::string>& containers) {
  const auto loses = [&](const std::string& name) { return !containers.contains(name); };
  drop_leases(leases.networks, loses);
  drop_leases(leases.networks6, loses);
}

std::string render(const Leases& leases) {
  return render_family(leases.networks) + render_family(leases.networks6);
}

Result<Leases> parse_leases(std::string_view text) {
  Leases leases;
  AllHolders holders;
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
