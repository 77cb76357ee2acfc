// Bridges: specs to steps.
#include "supervisor/network/network_program.h"

#include <algorithm>
#include <optional>

#include "supervisor/network/link_messages.h"
#include "supervisor/network/names.h"

namespace berth::network {
namespace {

using handoff::Op;
using handoff::Program;

constexpr int kNetlink = handoff::slot(0);

// Indexes that the kernel, counting up from 1, does not reach.
constexpr std::uint32_t kIndexFirst = 1u << 28;

handoff::Origin origin_of(const NetworkSpec& spec, std::string what, const char* about = "bridge") {
  handoff::Origin origin{.what = "network " + spec.name + ": " + std::move(what)};
  for (const char* key : {about, "bridge", "subnet", ""}) {
    const auto where = spec.where.find(key);
    if (where == spec.where.end()) continue;
    origin.file = where->second.file;
    origin.line = where->second.line;
    origin.column = where->second.column;
    break;
  }
  return origin;
}

Result<void> check_ownership(const NetworkSpec& spec, const LinkInfo& link) {
  if (is_our_bridge(spec, link)) return {};
  const std::string kind = link.kind.empty() ? "link" : link.kind;
  return fail("the " + kind + " " + link.name + " is not network " + spec.name + "'s: " +
              (link.alias.empty() ? std::string("it has no alias")
                                  : "its alias is \"" + link.alias + "\"") +
              ", not \"" + link_alias(spec.name) + "\"");
}

// A host address within our subnet on another link would make the host send what is meant for
// containers there, or the reverse.
Result<void> check_overlap(const NetworkSpec& spec, const Ipv4Subnet& subnet,
                           const std::optional<Ipv6Subnet>& subnet6, std::string_view bridge,
                           std::span<const LinkInfo> links) {
  const auto overlap = [](const std::string& wanted, const auto& held, const LinkInfo& link) {
    return fail("the subnet " + wanted + " holds the address " + format(held.address) +
                " of link " + link.name);
  };
  for (const LinkInfo& link : links) {
    if (link.name == bridge) continue;
    for (const LinkAddress& held : link.addresses)
      if (subnet.contains(held.address)) return overlap(spec.subnet, held, link);
    for (const LinkAddress6& held : link.addresses6)
      if (subnet6 && subnet6->contains(held.address)) return overlap(spec.subnet6, held, link);
  }
  return {};
}

// An index that no link has, the same for the same network as long as it is free.
std::uint32_t free_index(const MacAddress& mac, std::span<const LinkInfo> links) {
  std::uint32_t index = kIndexFirst | (std::uint32_t{mac[3]} << 16 | mac[4] << 8 | mac[5]);
  while (std::ranges::find(links, index, &LinkInfo::index) != links.end()) ++index;
  return index;
}

void add_netlink(Program& program, const std::string& message, std::uint16_t flags = 0) {
  program.add(Op::netlink, {.fd = kNetlink, .text = message, .flags = flags});
}

Result<void> add_addresses(Program& program, const NetworkSpec& spec, const Ipv4Subnet& subnet,
                           std::uint32_t index, const LinkInfo* existing) {
  const LinkAddress wanted{subnet.gateway(), subnet.prefix};
  program.from(origin_of(spec, "remove former addresses"));
  if (existing != nullptr)
    for (const LinkAddress& held : existing->addresses)
      if (held != wanted)
        add_netlink(program, TRY(delete_address(index, held.address, held.prefix)),
                    handoff::kTolerateMissing);
  program.from(origin_of(spec, "add address " + format(wanted.address)));
  add_netlink(program, TRY(add_address(index, wanted.address, subnet)), handoff::kTolerateExists);
  return {};
}

// When the bridge is up: only then are its addresses' routes there.
Result<void> add_addresses6(Program& program, const NetworkSpec& spec,
                            const std::optional<Ipv6Subnet>& subnet, std::uint32_t index,
                            const LinkInfo* existing) {
  const auto is_wanted = [&](const LinkAddress6& held) {
    return subnet && held == LinkAddress6{subnet->gateway(), subnet->prefix};
  };
  program.from(origin_of(spec, "remove former addresses", "subnet6"));
  if (existing != nullptr)
    for (const LinkAddress6& held : existing->addresses6)
      if (!is_wanted(held))
        add_netlink(program, TRY(delete_address(index, held.address, held.prefix)),
                    handoff::kTolerateMissing);
  if (!subnet) return {};
  program.from(origin_of(spec, "add address " + format(subnet->gateway()), "subnet6"));
  add_netlink(program, TRY(add_address(index, subnet->gateway(), *subnet)),
              handoff::kTolerateExists);
  return {};
}

std::string ipv6_setting(const std::string& link, const char* setting) {
  return "/proc/sys/net/ipv6/conf/" + link + "/" + setting;
}

// Before the bridge is up, so that it never asks for routers. (accept_ra goes for IPv4 only, too:
// the link-local addresses are there all the same, unless the host has no IPv6 at all.)
void set_up_ipv6(Program& program, const NetworkSpec& spec) {
  const std::string name = bridge_name(spec);
  program.from(origin_of(spec, "let no container be the host's router", "subnet6"));
  program.add(
      Op::write_file,
      {.text = ipv6_setting(name, "accept_ra"), .text2 = "0", .flags = handoff::kTolerateMissing});
  if (spec.subnet6.empty()) return;
  program.from(origin_of(spec, "set up IPv6 on the bridge", "subnet6"));
  program.add(Op::write_file, {.text = ipv6_setting(name, "disable_ipv6"), .text2 = "0"});
}

// Forwarding is a matter of the whole host: ip6_forward asks for conf/all, whichever links a packet
// comes from and goes to. Setting it deletes the default routes that routers have advertised on
// links whose accept_ra is not 2 (rt6_purge_dflt_routers), and makes such links deaf to routers.
void forward_ipv6(Program& program, const NetworkSpec& spec, std::span<const LinkInfo> links) {
  for (const LinkInfo& link : links) {
    if (!link.loses_routers || link.alias.starts_with(link_alias(""))) continue;
    program.from(
        origin_of(spec, "keep the routes that " + link.name + " has from routers", "subnet6"));
    program.add(Op::write_file, {.text = ipv6_setting(link.name, "accept_ra"),
                                 .text2 = "2",
                                 .flags = handoff::kTolerateMissing});
  }
  program.from(origin_of(spec, "set net.ipv6.conf.all.forwarding", "subnet6"));
  program.add(Op::write_file, {.text = ipv6_setting("all", "forwarding"), .text2 = "1"});
}

// A new link has what conf/default says.
void close_loopback(Program& program, const NetworkSpec& spec) {
  const std::string per_link = "/proc/sys/net/ipv4/conf/" + bridge_name(spec);
  program.from(origin_of(spec, "clear route_localnet of the bridge"));
  program.add(Op::write_file, {.text = per_link + "/route_localnet", .text2 = "0"});
}

Result<void> add_ports(Program& program, const NetworkSpec& spec, std::uint32_t index,
                       std::span<const BridgePort> ports) {
  for (const BridgePort& port : ports) {
    program.from(origin_of(spec, "put back the link of " + port.container));
    add_netlink(program, TRY(enslave(port.link, index, link_alias(port.container))),
                handoff::kTolerateMissing);
    add_netlink(program, TRY(set_hairpin(port.link)), handoff::kTolerateMissing);
  }
  return {};
}

Result<void> add_bridge(Program& program, const NetworkSpec& spec, const Ipv4Subnet& subnet,
                        const std::optional<Ipv6Subnet>& subnet6, std::span<const LinkInfo> links,
                        std::span<const BridgePort> ports) {
  const std::string name = bridge_name(spec);
  const MacAddress mac = bridge_mac(spec.name);
  const LinkInfo* existing = find_link(links, name);
  const std::uint32_t index = existing != nullptr ? existing->index : free_index(mac, links);
  program.from(origin_of(spec, "create bridge " + name));
  if (existing == nullptr) add_netlink(program, TRY(create_bridge(name, index, mac)));
  close_loopback(program, spec);
  set_up_ipv6(program, spec);
  TRY(add_addresses(program, spec, subnet, index, existing));
  program.from(origin_of(spec, "bring up bridge " + name));
  add_netlink(program, TRY(adopt_bridge(name, link_alias(spec.name))));
  TRY(add_addresses6(program, spec, subnet6, index, existing));
  return add_ports(program, spec, index, ports);
}

Result<Program> create_program(const NetworkSpec& spec, std::span<const LinkInfo> links,
                               std::span<const BridgePort> ports) {
  if (!is_valid_name(spec.name)) return fail("its name is not valid");
  const Ipv4Subnet subnet = TRY(parse_ipv4_subnet(spec.subnet));
  std::optional<Ipv6Subnet> subnet6;
  if (!spec.subnet6.empty()) subnet6 = TRY(parse_ipv6_subnet(spec.subnet6));
  const std::string name = bridge_name(spec);
  if (const LinkInfo* existing = find_link(links, name)) TRY(check_ownership(spec, *existing));
  TRY(check_overlap(spec, subnet, subnet6, name, links));
  Program program;
  program.from(origin_of(spec, "open netlink"));
  program.add(Op::netlink_open, {.fd = kNetlink});
  TRY(add_bridge(program, spec, subnet, subnet6, links, ports));
  program.from(origin_of(spec, "set net.ipv4.ip_forward"));
  program.add(Op::write_file, {.text = "/proc/sys/net/ipv4/ip_forward", .text2 = "1"});
  if (subnet6) forward_ipv6(program, spec, links);
  program.add(Op::close, {.fd = kNetlink});
  return program;
}

Result<Program> remove_program(const NetworkSpec& spec, std::span<const LinkInfo> links) {
  Program program;
  const LinkInfo* existing = find_link(links, bridge_name(spec));
  if (existing == nullptr) return program;
  TRY(check_ownership(spec, *existing));
  program.from(origin_of(spec, "delete bridge " + existing->name));
  program.add(Op::netlink_open, {.fd = kNetlink});
  add_netlink(program, TRY(delete_link(existing->name)), handoff::kTolerateMissing);
  program.add(Op::close, {.fd = kNetlink});
  return program;
}

}  // namespace

std::string bridge_name(const NetworkSpec& spec) {
  return spec.bridge.empty() ? "br-" + spec.name : spec.bridge;
}

bool is_our_bridge(const NetworkSpec& spec, const LinkInfo& link) {
  if (link.kind != "bridge") return false;
  return link.alias == link_alias(spec.name) ||
         (link.alias.empty() && link.mac == bridge_mac(spec.name));
}

Result<Program> compile_create_network(const NetworkSpec& spec, std::span<const LinkInfo> links,
                                       std::span<const BridgePort> ports) {
  auto program = create_program(spec, links, ports);
  if (program) return program;
  return std::unexpected(std::move(program).error().within("cannot create network " + spec.name));
}

Result<Program> compile_remove_network(const NetworkSpec& spec, std::span<const LinkInfo> links) {
  auto program = remove_program(spec, links);
  if (program) return program;
  return std::unexpected(std::move(program).error().within("cannot remove network " + spec.name));
}

}  // namespace berth::network
