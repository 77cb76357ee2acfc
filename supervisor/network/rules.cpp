// The rules as JSON: libnftables-json(5).
#include "supervisor/network/rules.h"

#include <algorithm>
#include <optional>
#include <set>
#include <vector>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "supervisor/base/ip_address.h"
#include "supervisor/network/names.h"
#include "supervisor/network/nft.h"

namespace berth::network {
namespace {

using Json = nlohmann::ordered_json;

struct Bridge {
  std::string link;
  Ipv4Subnet subnet;
  std::optional<Ipv6Subnet> subnet6;
  bool nat = true;
  auto operator<=>(const Bridge&) const = default;
};

struct Port {
  bool any_address = false;  // 0.0.0.0, ::. Sorted last, so that a port on one address goes first
  IpAddress host_address;
  Protocol protocol{};
  std::uint16_t host_port = 0;
  IpAddress container_address;  // of the same family
  std::uint16_t container_port = 0;
  auto operator<=>(const Port&) const = default;
};

// Expressions.

Json meta(std::string_view key) { return {{"meta", {{"key", key}}}}; }
Json payload(std::string_view protocol, std::string_view field) {
  return {{"payload", {{"protocol", protocol}, {"field", field}}}};
}
Json ip(std::string_view field) { return payload("ip", field); }
Json ip6(std::string_view field) { return payload("ip6", field); }
Json ct(std::string_view key) { return {{"ct", {{"key", key}}}}; }
template <class Subnet>
Json prefix(const Subnet& subnet) {
  return {{"prefix", {{"addr", format(subnet.base)}, {"len", subnet.prefix}}}};
}

// Statements.

Json match(std::string_view op, Json left, Json right) {
  return {{"match", {{"op", op}, {"left", std::move(left)}, {"right", std::move(right)}}}};
}
Json from_subnet(const Ipv4Subnet& subnet) { return match("==", ip("saddr"), prefix(subnet)); }
Json from_subnet(const Ipv6Subnet& subnet) { return match("==", ip6("saddr"), prefix(subnet)); }
Json out_of(const std::string& link) { return match("==", meta("oifname"), link); }
Json not_out_of(const std::string& link) { return match("!=", meta("oifname"), link); }
Json not_into(const std::string& link) { return match("!=", meta("iifname"), link); }
Json translated() { return match("in", ct("status"), "dnat"); }
Json accept() { return {{"accept", nullptr}}; }
Json drop() { return {{"drop", nullptr}}; }
Json masquerade() { return {{"masquerade", nullptr}}; }

constexpr Ipv4Subnet kLoopback{{127u << 24}, 8};

// The transaction under construction.
class Transaction {
 public:
  Transaction(std::string_view family, std::string_view table) : family_(family), table_(table) {}

  // "add" before "delete": deleting what does not exist would be an error.
  void clear_table() {
    const Json table = {{"table", {{"family", family_}, {"name", table_}}}};
    commands_.push_back({{"add", table}});
    commands_.push_back({{"delete", table}});
  }
  void add_table() {
    commands_.push_back({{"add", {{"table", {{"family", family_}, {"name", table_}}}}}});
  }
  void add_chain(std::string_view name, std::string_view type, std::string_view hook,
                 int priority) {
    commands_.push_back({{"add",
                          {{"chain",
                            {{"family", family_},
                             {"table", table_},
                             {"name", name},
                             {"type", type},
                             {"hook", hook},
                             {"prio", priority},
                             {"policy", "accept"}}}}}});
  }
  void add_rule(std::string_view chain, std::vector<Json> statements) {
    commands_.push_back({{"add",
                          {{"rule",
                            {{"family", family_},
                             {"table", table_},
                             {"chain", chain},
                             {"expr", std::move(statements)}}}}}});
  }
  [[nodiscard]] std::string text() const { return Json{{"nftables", commands_}}.dump(); }

 private:
  std::string family_;
  std::string table_;
  Json commands_ = Json::array();
};

bool is_table_name(std::string_view name) {
  return !name.empty() && name.size() <= 63 && std::ranges::all_of(name, [](char byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || byte == '_' || byte == '-' || byte == '.';
  });
}

Result<std::vector<Bridge>> read_bridges(const NetworkView& view) {
  std::set<Bridge> bridges;
  for (const BridgeView& seen : view.bridges) {
    if (!is_valid_link_name(seen.bridge))
      return fail("network " + seen.network + ": \"" + seen.bridge +
                  "\" is not a usable name of a bridge");
    Bridge bridge{seen.bridge, TRY(parse_ipv4_subnet(seen.subnet)), {}, seen.nat};
    if (!seen.subnet6.empty()) bridge.subnet6 = TRY(parse_ipv6_subnet(seen.subnet6));
    bridges.insert(std::move(bridge));
  }
  return std::vector<Bridge>(bridges.begin(), bridges.end());
}

bool is_ipv6(const Port& port) { return std::holds_alternative<Ipv6Address>(port.host_address); }

bool is_loopback(const Port& port) {
  return std::visit([](const auto& one) { return one.is_loopback(); }, port.host_address);
}

Result<Port> read_port(const PublishedPort& seen) {
  Port port;
  port.host_address = TRY(parse_ip(seen.port.host_address));
  port.any_address = std::visit([](const auto& one) { return one.is_any(); }, port.host_address);
  port.container_address = TRY(parse_ip(seen.container_address));
  if (port.host_address.index() != port.container_address.index())
    return fail(format(port.host_address) + " cannot lead to " + format(port.container_address));
  if (is_ipv6(port) && is_loopback(port)) return fail("a port cannot be published on ::1");
  port.protocol = seen.port.protocol;
  port.host_port = seen.port.host_port;
  port.container_port = seen.port.container_port;
  if (port.host_port == 0 || port.container_port == 0) return fail("port 0 cannot be published");
  return port;
}

Result<std::vector<Port>> read_ports(const NetworkView& view) {
  std::vector<Port> ports;
  for (const PublishedPort& published : view.ports) {
    auto port = read_port(published);
    if (!port) return std::unexpected(std::move(port).error().within(published.container));
    ports.push_back(*port);
  }
  std::ranges::sort(ports);
  return ports;
}

// 0.0.0.0 is every address of the host, 127.0.0.1 among them.
bool reaches_loopback(const Port& port) {
  return !is_ipv6(port) && (port.any_address || is_loopback(port));
}

void add_chains(Transaction& transaction) {
  // Priorities: raw, dstnat, srcnat and filter of nft(8).
  transaction.add_chain("raw_prerouting", "filter", "prerouting", -300);
  transaction.add_chain("nat_prerouting", "nat", "prerouting", -100);
  transaction.add_chain("nat_output", "nat", "output", -100);
  transaction.add_chain("nat_postrouting", "nat", "postrouting", 100);
  transaction.add_chain("filter_forward", "filter", "forward", 0);
}

void add_loopback_guard(Transaction& transaction) {
  for (const char* field : {"daddr", "saddr"})
    transaction.add_rule("raw_prerouting",
                         {not_into("lo"), match("==", ip(field), prefix(kLoopback)), drop()});
}

void add_port(Transaction& transaction, const Port& port) {
  const std::string_view family = is_ipv6(port) ? "ip6" : "ip";
  const Json local = {{"fib", {{"result", "type"}, {"flags", {"daddr"}}}}};
  const Json protocol = port.protocol == Protocol::udp ? "udp" : "tcp";
  std::vector<Json> statements = {match("==", meta("nfproto"), is_ipv6(port) ? "ipv6" : "ipv4")};
  // Answers to ::1 are accepted from lo alone, so nothing is sent from there.
  if (is_ipv6(port) && port.any_address) statements.push_back(match("!=", ip6("daddr"), "::1"));
  statements.push_back(port.any_address
                           ? match("==", local, "local")
                           : match("==", payload(family, "daddr"), format(port.host_address)));
  statements.push_back(
      match("==", {{"payload", {{"protocol", protocol}, {"field", "dport"}}}}, port.host_port));
  statements.push_back({{"dnat",
                         {{"family", family},
                          {"addr", format(port.container_address)},
                          {"port", port.container_port}}}});
  if (!is_loopback(port)) transaction.add_rule("nat_prerouting", statements);
  transaction.add_rule("nat_output", statements);
}

void add_bridge(Transaction& transaction, const Bridge& bridge) {
  const auto postrouting = [&](std::vector<Json> statements) {
    statements.push_back(masquerade());
    transaction.add_rule("nat_postrouting", std::move(statements));
  };
  if (bridge.nat) postrouting({from_subnet(bridge.subnet), not_out_of(bridge.link)});
  postrouting({from_subnet(kLoopback), out_of(bridge.link)});
  postrouting({from_subnet(bridge.subnet), out_of(bridge.link), translated()});
  if (bridge.subnet6) {
    if (bridge.nat) postrouting({from_subnet(*bridge.subnet6), not_out_of(bridge.link)});
    postrouting({from_subnet(*bridge.subnet6), out_of(bridge.link), translated()});
  }
  if (!bridge.nat) return;
  const auto forward = [&](std::vector<Json> statements, Json verdict) {
    statements.insert(statements.begin(), out_of(bridge.link));
    statements.push_back(std::move(verdict));
    transaction.add_rule("filter_forward", std::move(statements));
  };
  forward({match("in", ct("state"), Json::array({"established", "related"}))}, accept());
  forward({translated()}, accept());
  forward({not_into(bridge.link)}, drop());
}

}  // namespace

Result<std::string> render_rules(const NetworkView& view, std::string_view table) {
  if (!is_table_name(table))
    return fail("cannot make rules: \"" + std::string(table) + "\" is no usable name of a table");
  Transaction transaction("inet", table);
  transaction.clear_table();
  if (view.empty()) return transaction.text();
  auto bridges = read_bridges(view);
  if (!bridges) return std::unexpected(std::move(bridges).error().within("cannot make rules"));
  auto ports = read_ports(view);
  if (!ports) return std::unexpected(std::move(ports).error().within("cannot make rules"));
  transaction.add_table();
  add_chains(transaction);
  add_loopback_guard(transaction);
  for (const Port& port : *ports) add_port(transaction, port);
  for (const Bridge& bridge : *bridges) add_bridge(transaction, bridge);
  return transaction.text();
}

BridgeGuard render_bridge_guard(const NetworkView& view, std::string_view table) {
  const bool needed = std::ranges::any_of(
      view.bridges, [](const BridgeView& bridge) { return !bridge.subnet6.empty(); });
  Transaction transaction("bridge", table);
  transaction.clear_table();
  if (needed) {
    transaction.add_table();
    transaction.add_chain("no_routers", "filter", "prerouting", -300);
    const Json messages = Json::array({"nd-router-advert", "nd-redirect"});
    transaction.add_rule("no_routers",
                         {match("==", meta("iifname"), std::string(kHostLinkPrefix) + "*"),
                          match("==", payload("icmpv6", "type"), {{"set", messages}}), drop()});
  }
  return {transaction.text(), needed};
}

handoff::Program compile_bridge_guard(const BridgeGuard& guard) {
  handoff::Program program;
  program.from({.what = "apply the packet rules of the bridges"});
  program.add(handoff::Op::run,
              {.text = kNftApply,
               .text2 = guard.json,
               .flags = guard.needed ? std::uint16_t{0} : std::uint16_t{handoff::kTolerateAll}});
  return program;
}

std::vector<std::string> bridges_from_loopback(const NetworkView& view) {
  std::vector<std::string> links;
  const auto bridges = read_bridges(view);
  const auto ports = read_ports(view);
  if (!bridges || !ports) return links;
  for (const Bridge& bridge : *bridges) {
    const bool wanted = std::ranges::any_of(*ports, [&bridge](const Port& port) {
      return reaches_loopback(port) &&
             bridge.subnet.contains(std::get<Ipv4Address>(port.container_address));
    });
    if (wanted) links.push_back(bridge.link);
  }
  return links;
}

handoff::Program compile_apply_rules(std::string_view json,
                                     std::span<const std::string> bridges_from_loopback) {
  handoff::Program program;
  program.from({.what = "apply packet rules"});
  program.add(handoff::Op::run, {.text = kNftApply, .text2 = json});
  for (const std::string& bridge : bridges_from_loopback) {
    program.from({.what = "set route_localnet of " + bridge});
    program.add(handoff::Op::write_file,
                {.text = "/proc/sys/net/ipv4/conf/" + bridge + "/route_localnet",
                 .text2 = "1",
                 .flags = handoff::kTolerateMissing});
  }
  return program;
}

bool nft_is_installed() { return ::access("/usr/sbin/nft", X_OK) == 0; }

}  // namespace berth::network
