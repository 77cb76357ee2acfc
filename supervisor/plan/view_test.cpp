#include "supervisor/plan/view.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

Stage two_containers() {
  Stage stage;
  ContainerSpec web = service("web");
  web.hostname = "shop";
  web.ports = {PortSpec{"127.0.0.1", 9443, 8080, Protocol::tcp}};
  web.networks = {NetworkAttachment{"default", "", "", {"www"}}};
  stage.define(service("db"));
  stage.define(web);
  stage.settle();
  return stage;
}

}  // namespace

TEST_CASE("the view has bridges, published ports and the names of all on the same networks") {
  const Stage stage = two_containers();
  const NetworkView& view = stage.observed.view;
  REQUIRE(view.bridges.size() == 1);
  CHECK(view.bridges[0].bridge == "berth0");
  REQUIRE(view.ports.size() == 1);
  CHECK(view.ports[0].container == "web");
  CHECK(view.ports[0].container_address == "10.88.0.3");
  const std::vector<HostEntry> expected{{"10.88.0.2", {"db"}},
                                        {"10.88.0.3", {"web", "shop", "www"}}};
  CHECK(view.hosts.at("db") == HostList(expected));
  CHECK(view.hosts.at("web").shares(view.hosts.at("db")));
}

TEST_CASE("a crash and the restart after it do not touch the view") {
  Stage stage = two_containers();
  const NetworkView before = stage.observed.view;
  stage.exit("web", 1);
  CHECK(planning::same_view(planning::view_of(stage.desired, stage.observed), before));
  stage.now += 1s;
  stage.settle();
  CHECK(planning::same_view(stage.observed.view, before));
}

TEST_CASE("ports follow the definition, names and ports go with the sandbox") {
  Stage stage = two_containers();
  stage.edit("web", [](ContainerSpec& spec) { spec.ports[0].host_port = 1; });
  stage.settle();
  CHECK(stage.observed.view.ports.at(0).port.host_port == 1);
  stage.tell(event::OperatorStop{"web"});
  stage.settle();
  CHECK(stage.observed.view.ports.empty());
  CHECK(stage.observed.view.hosts.at("db").size() == 1);
  CHECK_FALSE(stage.observed.view.hosts.contains("web"));
}

TEST_CASE("ports that cannot be had are never published, and the old ones stay") {
  Stage stage = two_containers();
  stage.edit("web", [](ContainerSpec& spec) { spec.ports[0].host_port = 1; });
  CHECK(stage.turn() == "update web");
  CHECK(stage.observed.view.ports.at(0).port.host_port == 9443);
  stage.fail("ports[0]: 127.0.0.1:1 is in use by another program of this host");
  CHECK(stage.turn().empty());
  CHECK(stage.observed.view.ports.at(0).port.host_port == 9443);
  CHECK(stage.of("web").error.ends_with("of this host"));
  REQUIRE(stage.wake_at());
  stage.now = *stage.wake_at();
  CHECK(stage.settle() == "update web");
  CHECK(stage.observed.view.ports.at(0).port.host_port == 1);
  CHECK(stage.of("web").error.empty());
}

TEST_CASE("ports beside a change that asks for a restart come with the restart") {
  Stage stage = two_containers();
  stage.passes_checks = false;
  stage.edit("web", [](ContainerSpec& spec) {
    spec.ports[0].host_port = 1;
    spec.command = {"other"};
  });
  CHECK(stage.turn() == "check web");
  stage.fail("in use");
  CHECK(stage.turn().empty());
  CHECK(stage.observed.view.ports.at(0).port.host_port == 9443);
}

TEST_CASE("a port that moves to another container has one owner at any time") {
  Stage stage = two_containers();
  const PortSpec moved = stage.desired.containers.at("web")->ports[0];
  stage.edit("web", [](ContainerSpec& spec) { spec.ports.clear(); });
  stage.edit("db", [&](ContainerSpec& spec) { spec.ports = {moved}; });
  CHECK(stage.turn() == "update db; update web");
  stage.tell(event::Updated{"db", stage.of("db").launch_id});
  const NetworkView view = planning::view_of(stage.desired, stage.observed);
  REQUIRE(view.ports.size() == 1);
  CHECK(view.ports[0].container == "db");
}

TEST_CASE("a view that is refused is tried again after a while, a different one at once") {
  Stage stage;
  stage.define(service("web"));
  stage.turn();
  stage.succeed();
  const auto view_of_plan = [&stage]() -> std::optional<Action> {
    for (const Action& action : reconcile(stage.desired, stage.observed, stage.now).actions) {
      if (std::holds_alternative<action::ApplyView>(action.deed)) return action;
    }
    return std::nullopt;
  };
  const auto refuse = [&stage](const Action& action) {
    stage.tell(event::Submitted{action});
    stage.tell(event::Failed{action, "nft: not found"});
  };
  const auto first = view_of_plan();
  REQUIRE(first);
  refuse(*first);
  CHECK(stage.observed.view_error == "nft: not found");
  CHECK_FALSE(view_of_plan());
  stage.now += 1s;
  CHECK(view_of_plan());
  refuse(*view_of_plan());
  CHECK_FALSE(view_of_plan());
  NetworkSpec network = *stage.desired.networks["default"];
  network.nat = false;
  stage.desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  CHECK(view_of_plan());
}

TEST_CASE("containers on different networks do not see each other's names") {
  Stage stage;
  NetworkSpec lan;
  lan.name = "lan";
  lan.subnet = "10.1.0.0/16";
  stage.desired.networks["lan"] = std::make_shared<const NetworkSpec>(lan);
  ContainerSpec web = service("web");
  web.networks = {NetworkAttachment{.name = "lan"}};
  stage.define(service("db"));
  stage.define(web);
  stage.settle();
  CHECK(stage.observed.view.hosts.at("web").size() == 1);
  CHECK(stage.observed.view.hosts.at("web")[0].names[0] == "web");
  CHECK(stage.observed.view.bridges.at(1).bridge == "br-lan");
}

TEST_CASE("with dns = false containers of a network do not find each other, at once") {
  Stage stage;
  stage.define(service("db"));
  stage.define(service("web"));
  stage.settle();
  CHECK(stage.observed.view.hosts.at("web").size() == 2);
  NetworkSpec network = *stage.desired.networks["default"];
  network.dns = false;
  stage.desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  stage.settle();
  CHECK(stage.observed.view.hosts.at("web").empty());
  network.dns = true;
  stage.desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  stage.settle();
  CHECK(stage.observed.view.hosts.at("web").size() == 2);
}

TEST_CASE("with a subnet6 names have both addresses, and each port leads to one of its family") {
  Stage stage = two_containers();
  NetworkSpec network = *stage.desired.networks["default"];
  network.subnet6 = "fd00:88::/64";
  stage.observed.networks["default"].spec = std::make_shared<const NetworkSpec>(network);
  stage.observed.containers["web"].addresses6 = {"fd00:88::2"};
  ContainerSpec web = *stage.desired.containers["web"];
  web.ports.push_back({"::", 9443, 8080, Protocol::tcp});
  stage.desired.containers["web"] = std::make_shared<const ContainerSpec>(web);
  stage.observed.containers["web"].spec = stage.desired.containers["web"];
  stage.observed.containers["web"].ports_spec = stage.desired.containers["web"];
  const NetworkView view = planning::view_of(stage.desired, stage.observed);
  CHECK(view.bridges.at(0).subnet6 == "fd00:88::/64");
  REQUIRE(view.ports.size() == 2);
  CHECK(view.ports[0].container_address == "10.88.0.3");
  CHECK(view.ports[1].container_address == "fd00:88::2");
  const std::vector<std::string> names{"web", "shop", "www"};
  const std::vector<HostEntry> expected{
      {"10.88.0.2", {"db"}}, {"10.88.0.3", names}, {"fd00:88::2", names}};
  CHECK(view.hosts.at("db") == HostList(expected));
  // One that has no IPv6 address (yet) has no such port.
  stage.observed.containers["web"].addresses6 = {""};
  CHECK(planning::view_of(stage.desired, stage.observed).ports.size() == 1);
}

}  // namespace berth
