#include "supervisor/control/selection.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::control;

namespace {

DesiredState shop() {
  DesiredState desired;
  for (const std::string name : {"db", "web", "worker"}) {
    auto spec = std::make_shared<ContainerSpec>();
    spec->name = name;
    if (name != "worker") spec->groups = {"shop"};
    desired.containers[name] = spec;
  }
  return desired;
}

}  // namespace

TEST_CASE("names come first and as given, then groups, each container once") {
  const auto chosen = select(shop(), {}, Selection{{"worker", "web"}, {"shop"}}, false);
  REQUIRE(chosen);
  CHECK(*chosen == std::vector<std::string>{"worker", "web", "db"});
}

TEST_CASE("an unknown container is an error that names the nearest") {
  const auto chosen = select(shop(), {}, Selection{{"wbe"}, {}}, false);
  REQUIRE_FALSE(chosen);
  CHECK(chosen.error() ==
        CallError{"NoSuchContainer", "there is no container \"wbe\" (did you mean \"web\"?)"});
  CHECK(no_such_container(shop(), {}, "zzzzzz").message == "there is no container \"zzzzzz\"");
}

TEST_CASE("an unknown group is an error that names the nearest") {
  const auto chosen = select(shop(), {}, Selection{{}, {"shp"}}, false);
  REQUIRE_FALSE(chosen);
  CHECK(chosen.error().name == "NoSuchGroup");
  CHECK(chosen.error().message == "no container is in the group \"shp\" (did you mean \"shop\"?)");
}

TEST_CASE("a container without a definition can be stopped, but not started") {
  ObservedState observed;
  observed.containers["old"];
  CHECK(select(shop(), observed, Selection{{"old"}, {}}, true));
  CHECK_FALSE(select(shop(), observed, Selection{{"old"}, {}}, false));
}

TEST_CASE("nothing selected is an error") {
  CHECK(select(shop(), {}, {}, false).error().name == "NothingSelected");
}
