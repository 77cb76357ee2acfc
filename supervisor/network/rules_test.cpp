// The rules as JSON: golden texts, and the model read back. What they do to packets: traffic_test.
#include "supervisor/network/rules.h"

#include <algorithm>
#include <set>

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "supervisor/base/ip_address.h"
#include "supervisor/network/hostile_names.h"
#include "supervisor/network/names.h"
#include "supervisor/network/real_kernel.h"

using namespace berth;
using namespace berth::network;
using nlohmann::json;

namespace {

PublishedPort port(const char* container, const char* address, const char* host_address,
                   std::uint16_t host_port, std::uint16_t container_port,
                   Protocol protocol = Protocol::tcp) {
  return {container, address, {host_address, host_port, container_port, protocol}};
}

NetworkView small_view() {
  NetworkView view;
  view.bridges = {{"lan", "br-lan", "10.20.0.0/24", true},
                  {"routed", "br-r", "10.30.0.0/16", false}};
  view.ports = {port("web", "10.20.0.2", "0.0.0.0", 80, 8080),
                port("web", "10.20.0.2", "127.0.0.1", 9443, 8443),
                port("dns", "10.20.0.3", "192.0.2.1", 53, 5353, Protocol::udp)};
  return view;
}

// A rule as a person would write it, made from the JSON; only the forms that berth uses.
std::string expression(const json& value) {
  if (value.is_string()) return value;
  if (value.is_number()) return value.dump();
  if (value.is_array()) {
    std::string all;
    for (const json& item : value) all += (all.empty() ? "" : ",") + expression(item);
    return all;
  }
  const std::string kind = value.begin().key();
  const json& inside = value.begin().value();
  if (kind == "payload") return expression(inside["protocol"]) + " " + expression(inside["field"]);
  if (kind == "prefix") return expression(inside["addr"]) + "/" + inside["len"].dump();
  if (kind == "fib")
    return "fib " + expression(inside["flags"]) + " " + expression(inside["result"]);
  if (kind == "meta") return expression(inside["key"]);
  return kind + " " + expression(inside["key"]);
}

std::string statement(const json& value) {
  const std::string kind = value.begin().key();
  const json& inside = value.begin().value();
  if (kind == "match") {
    const std::string op = inside["op"] == "!=" ? " != " : " ";
    return expression(inside["left"]) + op + expression(inside["right"]);
  }
  if (kind == "dnat")
    return "dnat " + expression(inside["family"]) + " to " + expression(inside["addr"]) + ":" +
           inside["port"].dump();
  return kind;
}

// "add rule nat_output: nfproto ipv4 ip daddr 127.0.0.1 ...", one line a command.
std::string listing(const std::string& text) {
  std::string lines;
  const json document = json::parse(text);
  for (const json& command : document["nftables"]) {
    const std::string verb = command.begin().key();
    const std::string noun = command.begin().value().begin().key();
    const json& object = command.begin().value().begin().value();
    CHECK(object["family"] == "inet");
    lines += verb + " " + noun + " ";
    if (noun == "table") lines += object["name"].get<std::string>();
    if (noun == "chain")
      lines += object["name"].get<std::string>() + ": " + object["type"].get<std::string>() + " " +
               object["hook"].get<std::string>() + " " + object["prio"].dump() + " " +
               object["policy"].get<std::string>();
    if (noun == "rule") {
      lines += object["chain"].get<std::string>() + ":";
      for (const json& item : object["expr"]) lines += " " + statement(item);
    }
    lines += "\n";
  }
  return lines;
}

constexpr std::string_view kGolden =
    R"(add table berth
delete table berth
add table berth
add chain raw_prerouting: filter prerouting -300 accept
add chain nat_prerouting: nat prerouting -100 accept
add chain nat_output: nat output -100 accept
add chain nat_postrouting: nat postrouting 100 accept
add chain filter_forward: filter forward 0 accept
add rule raw_prerouting: iifname != lo ip daddr 127.0.0.0/8 drop
add rule raw_prerouting: iifname != lo ip saddr 127.0.0.0/8 drop
add rule nat_output: nfproto ipv4 ip daddr 127.0.0.1 tcp dport 9443 dnat ip to 10.20.0.2:8443
add rule nat_prerouting: nfproto ipv4 ip daddr 192.0.2.1 udp dport 53 dnat ip to 10.20.0.3:5353
add rule nat_output: nfproto ipv4 ip daddr 192.0.2.1 udp dport 53 dnat ip to 10.20.0.3:5353
add rule nat_prerouting: nfproto ipv4 fib daddr type local tcp dport 80 dnat ip to 10.20.0.2:8080
add rule nat_output: nfproto ipv4 fib daddr type local tcp dport 80 dnat ip to 10.20.0.2:8080
add rule nat_postrouting: ip saddr 10.20.0.0/24 oifname != br-lan masquerade
add rule nat_postrouting: ip saddr 127.0.0.0/8 oifname br-lan masquerade
add rule nat_postrouting: ip saddr 10.20.0.0/24 oifname br-lan ct status dnat masquerade
add rule filter_forward: oifname br-lan ct state established,related accept
add rule filter_forward: oifname br-lan ct status dnat accept
add rule filter_forward: oifname br-lan iifname != br-lan drop
add rule nat_postrouting: ip saddr 127.0.0.0/8 oifname br-r masquerade
add rule nat_postrouting: ip saddr 10.30.0.0/16 oifname br-r ct status dnat masquerade
)";

}  // namespace

TEST_CASE("the rules of a small view are these") {
  CHECK(listing(render_rules(small_view(), "berth").value()) == kGolden);
}

TEST_CASE("IPv6 gets the same rules, but for those of the loopback") {
  NetworkView view;
  view.bridges = {{"lan", "br-lan", "10.20.0.0/24", true, "fd00:20::/64"},
                  {"routed", "br-r", "10.30.0.0/16", false, "fd00:30::/64"}};
  view.ports = {port("web", "fd00:20::2", "::", 80, 8080),
                port("web", "fd00:20::2", "2001:db8::1", 53, 5353, Protocol::udp)};
  const std::string rules = listing(render_rules(view, "berth").value());
  const auto has = [&](const std::string& line) { return rules.find(line + "\n") != rules.npos; };
  for (const std::string chain : {"nat_prerouting", "nat_output"}) {
    CHECK(has("add rule " + chain +
              ": nfproto ipv6 ip6 daddr != ::1 fib daddr type local tcp "
              "dport 80 dnat ip6 to fd00:20::2:8080"));
    CHECK(has("add rule " + chain +
              ": nfproto ipv6 ip6 daddr 2001:db8::1 udp dport 53 dnat ip6 "
              "to fd00:20::2:5353"));
  }
  CHECK(has("add rule nat_postrouting: ip6 saddr fd00:20::/64 oifname != br-lan masquerade"));
  CHECK(
      has("add rule nat_postrouting: ip6 saddr fd00:20::/64 oifname br-lan ct status dnat "
          "masquerade"));
  CHECK_FALSE(has("add rule nat_postrouting: ip6 saddr fd00:30::/64 oifname != br-r masquerade"));
  CHECK(bridges_from_loopback(view).empty());
}

TEST_CASE("containers are kept from playing the router while a network has IPv6") {
  NetworkView view = small_view();
  CHECK_FALSE(render_bridge_guard(view, "berth").needed);
  CHECK(render_bridge_guard(view, "berth").json ==
        R"({"nftables":[{"add":{"table":{"family":"bridge","name":"berth"}}},)"
        R"({"delete":{"table":{"family":"bridge","name":"berth"}}}]})");
  view.bridges[0].subnet6 = "fd00:20::/64";
  const BridgeGuard guard = render_bridge_guard(view, "berth");
  CHECK(guard.needed);
  CHECK(compile_bridge_guard(guard).steps()[0].flags == 0);
  CHECK(guard.json.find("\"vb*\"") != guard.json.npos);
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::Player player;
  REQUIRE(player.play(compile_bridge_guard(guard)) == "");
  const std::string listed = testing::output_of("nft list table bridge berth 2>&1");
  CHECK(listed.find("icmpv6 type { nd-router-advert, nd-redirect } drop") != listed.npos);
  REQUIRE(player.play(compile_bridge_guard(render_bridge_guard({}, "berth"))) == "");
  CHECK(testing::output_of("nft list tables") == "");
}

TEST_CASE("an empty view deletes the table") {
  CHECK(render_rules({}, "berth") ==
        R"({"nftables":[{"add":{"table":{"family":"inet","name":"berth"}}},)"
        R"({"delete":{"table":{"family":"inet","name":"berth"}}}]})");
}

TEST_CASE("the order of a view's lists does not matter") {
  NetworkView reversed = small_view();
  std::ranges::reverse(reversed.bridges);
  std::ranges::reverse(reversed.ports);
  CHECK(render_rules(reversed, "berth") == render_rules(small_view(), "berth"));
}

TEST_CASE("what cannot be a rule is an error that says what it is about") {
  const auto problem = [](const std::function<void(NetworkView&)>& spoil) {
    NetworkView view = small_view();
    spoil(view);
    const auto rules = render_rules(view, "berth");
    return rules ? "rendered" : rules.error().what;
  };
  CHECK(problem([](auto& view) { view.bridges[0].bridge = "br*"; }) ==
        "cannot make rules: network lan: \"br*\" is not a usable name of a bridge");
  CHECK(problem([](auto& view) { view.bridges[0].subnet = "10.20.0.1/24"; }).find("host bits") !=
        std::string::npos);
  CHECK(problem([](auto& view) { view.ports[0].container_address = "web.example"; }) ==
        "cannot make rules: web: \"web.example\" is not an IPv4 address");
  CHECK(problem([](auto& view) { view.ports[0].port.host_port = 0; }) ==
        "cannot make rules: web: port 0 cannot be published");
  CHECK(problem([](auto& view) { view.ports[1].port.host_address = "::2"; }) ==
        "cannot make rules: web: ::2 cannot lead to 10.20.0.2");
  CHECK(problem([](auto& view) {
          view.ports[1].port.host_address = "::1";
          view.ports[1].container_address = "fd00::2";
        }) == "cannot make rules: web: a port cannot be published on ::1");
  CHECK(problem([](auto& view) { view.bridges[0].subnet6 = "fd00::1/64"; }).find("host bits") !=
        std::string::npos);
  CHECK(render_rules(small_view(), "a b").error().what ==
        "cannot make rules: \"a b\" is no usable name of a table");
}

TEST_CASE("the program runs nft once, with the rules as its input") {
  const handoff::Program program = compile_apply_rules("{}");
  REQUIRE(program.steps().size() == 1);
  CHECK(program.steps()[0].op == handoff::Op::run);
  CHECK(program.text(program.steps()[0].text) == std::string_view("nft\0-j\0-f\0-", 11));
  CHECK(program.text(program.steps()[0].text2) == "{}");
}

TEST_CASE(
    "bridges are opened to loopback addresses after the rules, and only where ports need it") {
  NetworkView view;
  view.bridges = {{"lan", "br-lan", "10.20.0.0/24", true}, {"back", "br-b", "10.21.0.0/24", true}};
  view.ports = {port("web", "10.20.0.2", "192.0.2.1", 80, 80)};
  CHECK(bridges_from_loopback(view).empty());
  view.ports.push_back(port("web", "10.20.0.2", "127.0.0.1", 81, 80));
  CHECK(bridges_from_loopback(view) == std::vector<std::string>{"br-lan"});
  view.ports.push_back(port("back", "10.21.0.2", "0.0.0.0", 82, 80));
  CHECK(bridges_from_loopback(view) == std::vector<std::string>{"br-b", "br-lan"});
  const handoff::Program program = compile_apply_rules("{}", bridges_from_loopback(view));
  REQUIRE(program.steps().size() == 3);
  CHECK(program.steps()[0].op == handoff::Op::run);
  CHECK(program.text(program.steps()[1].text) == "/proc/sys/net/ipv4/conf/br-b/route_localnet");
  CHECK(program.text(program.steps()[1].text2) == "1");
  CHECK(program.text(program.steps()[2].text) == "/proc/sys/net/ipv4/conf/br-lan/route_localnet");
}

TEST_CASE("a bridge is not opened when the rules cannot be applied, and may be gone by then") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link add br-lan type bridge");
  const std::string setting = "/proc/sys/net/ipv4/conf/br-lan/route_localnet";
  const std::vector<std::string> bridges = {"br-gone", "br-lan"};
  const std::string broken = "{\"nftables\":[{\"add\":{}}]}";
  testing::Player player;
  CHECK(player.play(compile_apply_rules(broken, bridges)) == "apply packet rules: errno 121");
  CHECK(testing::read_text(setting) == "0\n");
  const std::string rules = render_rules(small_view(), "berth").value();
  CHECK(player.play(compile_apply_rules(rules, bridges)) == "");
  CHECK(testing::read_text(setting) == "1\n");
}

TEST_CASE("a host port that two containers publish goes to one of them, the same every time") {
  NetworkView view = small_view();
  view.ports.insert(view.ports.begin(), port("late", "10.20.0.9", "0.0.0.0", 80, 1));
  const std::string rules = listing(render_rules(view, "berth").value());
  const auto first = rules.find("tcp dport 80 dnat ip to 10.20.0.2:8080");
  const auto second = rules.find("tcp dport 80 dnat ip to 10.20.0.9:1");
  REQUIRE(second != rules.npos);
  CHECK(first < second);
}

TEST_CASE("ten thousand hostile names of containers and networks leave no trace in the rules") {
  testing::HostileNames names;
  NetworkView view = small_view();
  for (std::uint16_t i = 1; i <= 500; ++i)
    view.ports.push_back(port("c", "10.20.0.9", "127.0.0.1", i, i));
  const std::string reference = render_rules(view, "berth").value();
  for (PublishedPort& published : view.ports) published.container = names.next();
  for (BridgeView& bridge : view.bridges) bridge.network = names.next();
  for (int i = 0; i < testing::kHostileNameCount; ++i)
    view.bridges.push_back({names.next(), "br-lan", "10.20.0.0/24", true});
  CHECK(render_rules(view, "berth") == reference);
}

TEST_CASE("ten thousand hostile values are refused, or stand in the rules as they are") {
  testing::HostileNames names;
  std::set<std::string> seen;
  for (int i = 0; i < testing::kHostileNameCount; ++i) {
    const std::string name = names.next();
    if (!seen.insert(name).second) continue;
    NetworkView view;
    view.bridges = {{"lan", name, "10.20.0.0/24", false}};
    const auto rules = render_rules(view, "berth");
    REQUIRE(rules.has_value() == is_valid_link_name(name));
    if (rules) {
      const json commands = json::parse(*rules)["nftables"];
      REQUIRE(commands.size() == 12);
      for (const std::size_t rule : {10, 11})
        REQUIRE(commands[rule]["add"]["rule"]["expr"][1]["match"]["right"] == name);
    }
    view.bridges = {{"lan", "br-lan", name, true}};
    REQUIRE(render_rules(view, "berth").has_value() == parse_ipv4_subnet(name).has_value());
    view.bridges.clear();
    view.ports = {port("web", "", "0.0.0.0", 80, 80)};
    view.ports[0].container_address = name;
    REQUIRE(render_rules(view, "berth").has_value() == parse_ipv4(name).has_value());
  }
}

TEST_CASE("nft takes the rules, replaces them as a whole, and lists them as they were meant") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::Player player;
  const auto apply = [&](const NetworkView& view) {
    return player.play(compile_apply_rules(render_rules(view, "berth").value()));
  };
  const auto listed = [](const std::string& what) {
    return json::parse(testing::output_of("nft -j list " + what + " 2>&1"))["nftables"];
  };
  NetworkView large = small_view();
  for (std::uint16_t i = 0; i < 500; ++i)
    large.ports.push_back(
        port("many", "10.20.0.4", "0.0.0.0", static_cast<std::uint16_t>(10000 + i), 80));
  REQUIRE(apply(large) == "");
  CHECK(listed("table inet berth").size() > 1000);
  REQUIRE(apply(small_view()) == "");
  std::multiset<std::string> kept;
  for (const json& item : listed("table inet berth"))
    if (item.contains("rule")) kept.insert(item["rule"]["chain"]);
  CHECK(kept.count("raw_prerouting") == 2);
  CHECK(kept.count("nat_prerouting") == 2);
  CHECK(kept.count("nat_output") == 3);
  CHECK(kept.count("nat_postrouting") == 5);
  CHECK(kept.count("filter_forward") == 3);
  REQUIRE(apply({}) == "");
  CHECK(listed("tables").size() == 1);  // the metainfo alone
  REQUIRE(apply({}) == "");
  CHECK(player.play(compile_apply_rules("{\"nftables\":[{\"add\":{}}]}")) ==
        "apply packet rules: errno 121");
}
