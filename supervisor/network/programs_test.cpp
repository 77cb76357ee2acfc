// Network and sandbox programs, as values and on the real kernel.
#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include "supervisor/handoff/messages.h"
#include "supervisor/network/hostile_names.h"
#include "supervisor/network/link_messages.h"
#include "supervisor/network/links.h"
#include "supervisor/network/network_program.h"
#include "supervisor/network/real_kernel.h"
#include "supervisor/network/sandbox_program.h"

using namespace berth;
using namespace berth::network;
using handoff::Op;
using handoff::Program;
using nlohmann::json;
using testing::Player;

namespace {

NetworkSpec lan() {
  NetworkSpec spec{.name = "lan", .bridge = "br-lan", .subnet = "10.77.0.0/24"};
  spec.where["subnet"] = {"networks/lan.toml", 3, 1};
  return spec;
}

ContainerSpec container(const std::string& name) {
  ContainerSpec spec;
  spec.name = name;
  return spec;
}

Attachment attachment(const std::string& network, std::uint32_t bridge_index, const char* subnet,
                      const char* address) {
  return {network, bridge_index, parse_ipv4_subnet(subnet).value(), parse_ipv4(address).value()};
}

std::vector<Op> ops_of(const Program& program) {
  std::vector<Op> ops;
  for (const handoff::Step& step : program.steps()) ops.push_back(step.op);
  return ops;
}

// Plays the program that makes the network; "" or what failed.
std::string create(const NetworkSpec& spec) {
  const auto program = compile_create_network(spec, list_links().value());
  return program ? Player().play(*program) : program.error().message();
}

std::string remove(const NetworkSpec& spec) {
  const auto program = compile_remove_network(spec, list_links().value());
  return program ? Player().play(*program) : program.error().message();
}

LinkInfo link_named(const std::string& name) {
  const auto links = list_links().value();
  const LinkInfo* found = find_link(links, name);
  REQUIRE_MESSAGE(found != nullptr, name);
  return *found;
}

bool has_link(const std::string& name) { return find_link(list_links().value(), name) != nullptr; }

std::string route_localnet(const std::string& link) {
  return "/proc/sys/net/ipv4/conf/" + link + "/route_localnet";
}

std::string ipv6_setting(const std::string& link, const std::string& name) {
  return "/proc/sys/net/ipv6/conf/" + link + "/" + name;
}

const LinkAddress kGateway{{0x0a4d0001}, 24};

}  // namespace

TEST_CASE("a bridge is called as it is told, or after its network") {
  CHECK(bridge_name({.name = "lan", .bridge = "br7"}) == "br7");
  CHECK(bridge_name({.name = "lan"}) == "br-lan");
  NetworkSpec long_name = lan();
  long_name.bridge = "sixteen-chars-00";
  CHECK(compile_create_network(long_name, {}).error().what ==
        "cannot create network lan: \"sixteen-chars-00\" is not a usable name of a link");
}

TEST_CASE("a link that is not ours is never taken over or deleted") {
  const auto problem = [](const LinkInfo& link) {
    const std::vector<LinkInfo> links = {link};
    const auto created = compile_create_network(lan(), links);
    const auto removed = compile_remove_network(lan(), links);
    REQUIRE_FALSE(created.has_value());
    REQUIRE_FALSE(removed.has_value());
    return created.error().what;
  };
  CHECK(problem({.index = 4, .name = "br-lan", .kind = "bridge"}) ==
        "cannot create network lan: the bridge br-lan is not network lan's: it has no alias, not "
        "\"berth:lan\"");
  CHECK(problem({.index = 4, .name = "br-lan", .kind = "bridge", .alias = "berth:other"})
            .ends_with("its alias is \"berth:other\", not \"berth:lan\""));
  CHECK(problem({.index = 4, .name = "br-lan", .kind = "dummy", .alias = "berth:lan"})
            .starts_with("cannot create network lan: the dummy br-lan"));
  CHECK(problem({.index = 4, .name = "br-lan"}).find("the link br-lan") != std::string::npos);
}

TEST_CASE("a bridge that a crash left without its alias is ours") {
  const LinkInfo half{.index = 9, .name = "br-lan", .kind = "bridge", .mac = bridge_mac("lan")};
  CHECK(compile_create_network(lan(), std::vector{half}).has_value());
}

TEST_CASE("a subnet that holds an address of another link is refused") {
  const LinkInfo other{.index = 2, .name = "eth0", .addresses = {{{0x0a4d0009}, 8}}};
  CHECK(compile_create_network(lan(), std::vector{other}).error().what ==
        "cannot create network lan: the subnet 10.77.0.0/24 holds the address 10.77.0.9 of link "
        "eth0");
  const LinkInfo wider{.index = 2, .name = "eth0", .addresses = {{{0x0a000009}, 8}}};
  CHECK(compile_create_network(lan(), std::vector{wider}).has_value());
}

TEST_CASE("a network's steps come from its definition") {
  const Program program = compile_create_network(lan(), {}).value();
  CHECK(program.origin(1).what == "network lan: create bridge br-lan");
  CHECK(program.origin(1).file == "networks/lan.toml");
  CHECK(program.origin(1).line == 3);
  CHECK(compile_remove_network(lan(), {}).value().steps().empty());
}

TEST_CASE("a chosen index is never one that a link has") {
  const Program free = compile_create_network(lan(), {}).value();
  const std::string first(free.text(free.steps()[1].text));
  std::uint32_t index = 0;
  std::memcpy(&index, first.data() + 20, sizeof index);  // ifi_index
  const std::vector<LinkInfo> taken = {{.index = index, .name = "other"}};
  const Program other = compile_create_network(lan(), taken).value();
  std::uint32_t second = 0;
  std::memcpy(&second, other.text(other.steps()[1].text).data() + 20, sizeof second);
  CHECK(second == index + 1);
}

TEST_CASE("a sandbox without networks has only its loopback, one of the host has no steps") {
  ContainerSpec spec = container("web");
  spec.network = NetworkMode::none;
  const Program none = compile_create_sandbox(spec, "berth0", {}, 7).value();
  CHECK(ops_of(none) ==
        std::vector{Op::new_netns, Op::netlink_open, Op::netlink, Op::close, Op::hold, Op::give});
  CHECK(none.steps()[4].value == static_cast<std::uint64_t>(handoff::HeldKind::netns));
  CHECK(compile_remove_sandbox(spec, "berth0", 0)->steps().empty());
  spec.network = NetworkMode::host;
  CHECK(compile_create_sandbox(spec, "berth0", {}, 7)->steps().empty());
}

TEST_CASE("a sandbox with a wrong attachment or name is refused") {
  const auto problem = [](const Attachment& wrong) {
    return compile_create_sandbox(container("web"), "berth0", std::vector{wrong}, 1).error().what;
  };
  CHECK(problem(attachment("lan", 0, "10.77.0.0/24", "10.77.0.2")) ==
        "cannot create the sandbox of web: network lan has no bridge yet");
  CHECK(problem(attachment("lan", 5, "10.77.0.0/24", "10.78.0.2")) ==
        "cannot create the sandbox of web: 10.78.0.2 is no host's address in 10.77.0.0/24");
  testing::HostileNames names;
  for (int i = 0; i < testing::kHostileNameCount; ++i) {
    const std::string name = names.next();
    const auto program = compile_create_sandbox(container(name), "berth0", {}, 1);
    REQUIRE(program.has_value() == is_valid_name(name));
  }
}

TEST_CASE("a network is made, taken over as it is, and removed") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(create(lan()) == "");
  const LinkInfo made = link_named("br-lan");
  CHECK(made.kind == "bridge");
  CHECK(made.alias == "berth:lan");
  CHECK(made.mac == bridge_mac("lan"));
  CHECK(made.up);
  CHECK(made.addresses == std::vector{kGateway});
  CHECK(testing::read_text("/proc/sys/net/ipv4/ip_forward") == "1\n");
  CHECK(testing::read_text(route_localnet("br-lan")) == "0\n");
  const json seen = json::parse(testing::output_of("ip -j addr show br-lan"));
  CHECK(testing::output_of("ip link show br-lan").find("alias berth:lan") != std::string::npos);
  CHECK(seen[0]["addr_info"][0]["local"] == "10.77.0.1");
  CHECK(seen[0]["addr_info"][0]["broadcast"] == "10.77.0.255");
  REQUIRE(create(lan()) == "");
  CHECK(link_named("br-lan") == made);
  REQUIRE(remove(lan()) == "");
  CHECK_FALSE(has_link("br-lan"));
  CHECK(remove(lan()) == "");
}

TEST_CASE("a bridge is closed to loopback addresses when it is made or taken over") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(testing::write_text(route_localnet("default"), "1") == 0);
  REQUIRE(create(lan()) == "");
  CHECK(testing::read_text(route_localnet("br-lan")) == "0\n");
  REQUIRE(testing::write_text(route_localnet("br-lan"), "1") == 0);
  REQUIRE(create(lan()) == "");
  CHECK(testing::read_text(route_localnet("br-lan")) == "0\n");
}

TEST_CASE("a bridge that is made anew gets the links back that were in it") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(create(lan()) == "");
  const std::vector attachments = {
      attachment("lan", link_named("br-lan").index, "10.77.0.0/24", "10.77.0.2")};
  const unique_fd netns = testing::play_sandbox(
      compile_create_sandbox(container("web"), "berth0", attachments, 1).value(), kNetnsSlot);
  const std::string host_end = host_link_name("berth0", "web", 0);
  testing::output_of("ip link del br-lan");
  CHECK(link_named(host_end).master == 0);
  const std::vector<BridgePort> ports = {{host_end, "web"}, {"vb-gone", "gone"}};
  REQUIRE(Player().play(compile_create_network(lan(), list_links().value(), ports).value()) == "");
  CHECK(link_named(host_end).master == link_named("br-lan").index);
  CHECK(testing::output_of("ip -d link show " + host_end).find("hairpin on") != std::string::npos);
}

TEST_CASE("a network that is taken over loses the addresses of its former subnet") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(create(lan()) == "");
  NetworkSpec moved = lan();
  moved.subnet = "10.99.0.0/16";
  REQUIRE(create(moved) == "");
  CHECK(link_named("br-lan").addresses == std::vector{LinkAddress{{0x0a630001}, 16}});
  testing::output_of("ip addr add 10.99.0.1/24 dev br-lan && ip link set br-lan down 2>&1");
  REQUIRE(create(moved) == "");
  CHECK(link_named("br-lan").addresses == std::vector{LinkAddress{{0x0a630001}, 16}});
  CHECK(link_named("br-lan").up);
}

TEST_CASE("somebody else's bridge stays as it is") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link add br-lan type bridge 2>&1");
  const LinkInfo before = link_named("br-lan");
  CHECK(create(lan()).find("br-lan is not network lan's") != std::string::npos);
  CHECK(remove(lan()).find("br-lan is not network lan's") != std::string::npos);
  CHECK(link_named("br-lan") == before);
}

TEST_CASE("a sandbox gets its links, addresses and route, and leaves no link behind") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  NetworkSpec back{.name = "back", .bridge = "br-back", .subnet = "10.78.0.0/16"};
  REQUIRE(create(lan()) == "");
  REQUIRE(create(back) == "");
  const std::vector attachments = {
      attachment("lan", link_named("br-lan").index, "10.77.0.0/24", "10.77.0.2"),
      attachment("back", link_named("br-back").index, "10.78.0.0/16", "10.78.0.2")};
  const ContainerSpec web = container("web");
  const Program program = compile_create_sandbox(web, "berth0", attachments, 7).value();
  const unique_fd netns = testing::play_sandbox(program, kNetnsSlot);
  const std::string host_end = host_link_name("berth0", "web", 0);
  CHECK(link_named(host_end).master == link_named("br-lan").index);
  CHECK(link_named(host_end).alias == "berth:web");
  CHECK(link_named(host_end).up);
  CHECK(link_named(host_link_name("berth0", "web", 1)).master == link_named("br-back").index);
  {
    const testing::Within inside(netns.get());
    const LinkInfo eth0 = link_named("eth0");
    CHECK(eth0.mac == container_mac("web", "lan"));
    CHECK(eth0.up);
    CHECK(eth0.addresses == std::vector{LinkAddress{{0x0a4d0002}, 24}});
    CHECK(link_named("eth1").addresses == std::vector{LinkAddress{{0x0a4e0002}, 16}});
    CHECK(link_named("lo").up);
    const json routes = json::parse(testing::output_of("ip -j route show default"));
    REQUIRE(routes.size() == 1);
    CHECK(routes[0]["gateway"] == "10.77.0.1");
    CHECK(routes[0]["dev"] == "eth0");
  }
  REQUIRE(Player().play(compile_remove_sandbox(web, "berth0", 2).value()) == "");
  CHECK_FALSE(has_link(host_end));
  CHECK_FALSE(has_link(host_link_name("berth0", "web", 1)));
  CHECK(Player().play(compile_remove_sandbox(web, "berth0", 2).value()) == "");
}

TEST_CASE("with a subnet6, bridge and container have addresses of it that can be used at once") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(testing::write_text("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1") == 0);
  NetworkSpec dual = lan();
  dual.subnet6 = "fd00:77::/64";
  REQUIRE(create(dual) == "");
  const LinkAddress6 gateway{parse_ipv6("fd00:77::1").value(), 64};
  CHECK(link_named("br-lan").addresses6 == std::vector{gateway});
  CHECK(testing::read_text(ipv6_setting("br-lan", "accept_ra")) == "0\n");
  CHECK(testing::read_text(ipv6_setting("all", "forwarding")) == "1\n");
  REQUIRE(create(dual) == "");
  CHECK(link_named("br-lan").addresses6 == std::vector{gateway});
  std::vector attachments = {
      attachment("lan", link_named("br-lan").index, "10.77.0.0/24", "10.77.0.2")};
  attachments[0].ipv6 = {parse_ipv6_subnet("fd00:77::/64").value(),
                         parse_ipv6("fd00:77::2").value()};
  const unique_fd netns = testing::play_sandbox(
      compile_create_sandbox(container("web"), "berth0", attachments, 1).value(), kNetnsSlot);
  CHECK(testing::output_of("ip -6 addr show tentative scope global") == "");
  CHECK(link_named("br-lan").name == "br-lan");  // back in the host's namespace
  {
    const testing::Within inside(netns.get());
    CHECK(testing::output_of("ip -6 addr show tentative") == "");
    CHECK(link_named("eth0").addresses6 ==
          std::vector{LinkAddress6{parse_ipv6("fd00:77::2").value(), 64}});
    CHECK(testing::read_text(ipv6_setting("eth0", "accept_ra")) == "0\n");
    const json routes = json::parse(testing::output_of("ip -6 -j route show default"));
    REQUIRE(routes.size() == 1);
    CHECK(routes[0]["gateway"] == "fd00:77::1");
  }
  REQUIRE(create(lan()) == "");
  CHECK(link_named("br-lan").addresses6.empty());
}

TEST_CASE("a link that has its routes from routers goes on when the host begins to forward") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  testing::output_of("ip link add up0 type bridge && ip link add own0 type bridge 2>&1");
  REQUIRE(testing::write_text(ipv6_setting("own0", "accept_ra"), "0") == 0);
  CHECK(link_named("up0").loses_routers);
  CHECK_FALSE(link_named("own0").loses_routers);
  NetworkSpec dual = lan();
  REQUIRE(create(dual) == "");
  CHECK(testing::read_text(ipv6_setting("up0", "accept_ra")) == "1\n");
  CHECK(testing::read_text(ipv6_setting("all", "forwarding")) == "0\n");
  dual.subnet6 = "fd00:77::/64";
  REQUIRE(create(dual) == "");
  CHECK(testing::read_text(ipv6_setting("up0", "accept_ra")) == "2\n");
  CHECK(testing::read_text(ipv6_setting("own0", "accept_ra")) == "0\n");
  CHECK(testing::read_text(ipv6_setting("br-lan", "accept_ra")) == "0\n");
}

TEST_CASE("a subnet6 that holds an address of another link is refused") {
  const LinkInfo other{
      .index = 2, .name = "eth0", .addresses6 = {{parse_ipv6("fd00:77::9").value(), 64}}};
  NetworkSpec dual = lan();
  CHECK(compile_create_network(dual, std::vector{other}).has_value());
  dual.subnet6 = "fd00:77::/64";
  CHECK(compile_create_network(dual, std::vector{other}).error().what ==
        "cannot create network lan: the subnet fd00:77::/64 holds the address fd00:77::9 of link "
        "eth0");
}

TEST_CASE("a sandbox is made although a failed attempt left its host link") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(create(lan()) == "");
  const std::vector attachments = {
      attachment("lan", link_named("br-lan").index, "10.77.0.0/24", "10.77.0.2")};
  const Program program =
      compile_create_sandbox(container("web"), "berth0", attachments, 1).value();
  const unique_fd first = testing::play_sandbox(program, kNetnsSlot);
  const unique_fd second = testing::play_sandbox(program, kNetnsSlot);
  const testing::Within inside(second.get());
  CHECK(link_named("eth0").up);
}

TEST_CASE("a sandbox is not put into a bridge that is gone") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  const std::vector attachments = {attachment("lan", 999999, "10.77.0.0/24", "10.77.0.2")};
  const Program program =
      compile_create_sandbox(container("web"), "berth0", attachments, 1).value();
  Player player;
  CHECK(player.play(program).starts_with("put a link into network lan: errno "));
  CHECK(player.play(compile_remove_sandbox(container("web"), "berth0", 1).value()) == "");
  CHECK_FALSE(has_link(host_link_name("berth0", "web", 0)));
}

TEST_CASE("a sweep removes this instance's leftover links, and no other's") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  REQUIRE(create(lan()) == "");
  const std::vector attachments = {
      attachment("lan", link_named("br-lan").index, "10.77.0.0/24", "10.77.0.2")};
  const ContainerSpec web = container("web");
  const unique_fd ours = testing::play_sandbox(
      compile_create_sandbox(web, "berth0", attachments, 1).value(), kNetnsSlot);
  const unique_fd theirs = testing::play_sandbox(
      compile_create_sandbox(web, "other0", attachments, 1).value(), kNetnsSlot);
  REQUIRE(Player().play(compile_sweep_links("berth0", list_links().value())) == "");
  CHECK_FALSE(has_link(host_link_name("berth0", "web", 0)));
  CHECK(has_link(host_link_name("other0", "web", 0)));
  CHECK(has_link("br-lan"));
  CHECK(compile_sweep_links("berth0", list_links().value()).steps().empty());
}

TEST_CASE("a dump of many links is complete") {
  if (!testing::can_make_namespaces()) return;
  const testing::HostNetns host;
  std::string batch;
  for (int i = 0; i < 300; ++i) batch += "link add name d" + std::to_string(i) + " type bridge\n";
  testing::output_of("printf '" + batch + "' | ip -batch - 2>&1");
  const auto links = list_links().value();
  CHECK(std::ranges::count(links, "bridge", &LinkInfo::kind) == 300);
}
