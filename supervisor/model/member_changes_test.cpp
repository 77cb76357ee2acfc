#include "supervisor/model/member_changes.h"

#include <doctest/doctest.h>

namespace berth {

namespace {

// "environment.TZ: UTC -> Europe/Berlin; ..."
std::string shown(const std::vector<KeyChange>& changes) {
  std::string text;
  for (const KeyChange& change : changes) {
    if (!text.empty()) text += "; ";
    text += change.key + ": " + (change.before.empty() ? "-" : change.before) + " -> " +
            (change.after.empty() ? "-" : change.after);
  }
  return text;
}

MountSpec mount(const std::string& path) {
  return MountSpec{MountType::bind, path, path, false, {}};
}

TEST_CASE("of a table only the members that differ are changes") {
  ContainerSpec before;
  before.environment = {{"TZ", "UTC"}, {"LANG", "C"}, {"OLD", "1"}};
  ContainerSpec after = before;
  after.environment["TZ"] = "Europe/Berlin";
  after.environment.erase("OLD");
  after.environment["EMPTY"] = "";
  CHECK(shown(changed_members(before, after)) ==
        "environment.OLD: 1 -> -; environment.TZ: UTC -> Europe/Berlin; "
        "environment.EMPTY: - -> \"\"");
}

TEST_CASE("an item put in front of a list changes no other") {
  ContainerSpec before;
  before.mounts = {mount("/a"), mount("/b")};
  ContainerSpec after;
  after.mounts = {mount("/new"), mount("/a"), mount("/b")};
  CHECK(shown(changed_members(before, after)) == "mounts[0]: - -> /new:/new");
  CHECK(shown(changed_members(after, before)) == "mounts[0]: /new:/new -> -");
}

TEST_CASE("an item changed in the middle is shown by its index") {
  ContainerSpec before;
  before.mounts = {mount("/a"), mount("/b"), mount("/c")};
  ContainerSpec after = before;
  after.mounts[1].read_only = true;
  CHECK(shown(changed_members(before, after)) == "mounts[1]: /b:/b -> /b:/b:ro");
}

TEST_CASE("a command is shown as a whole") {
  ContainerSpec before;
  before.command = {"serve", "--port", "80"};
  ContainerSpec after = before;
  after.command[2] = "81";
  CHECK(shown(changed_members(before, after)) ==
        R"(command: ["serve", "--port", "80"] -> ["serve", "--port", "81"])");
}

TEST_CASE("a member's change costs what its key costs") {
  ContainerSpec before;
  ContainerSpec after;
  after.labels["a.b"] = "c";
  after.limits.ulimits["nofile"] = UlimitSpec{1, 2};
  const auto changes = changed_members(before, after);
  REQUIRE(changes.size() == 2);
  CHECK(changes[0].key == "labels.\"a.b\"");
  CHECK(changes[0].cost == Cost::none);
  CHECK(changes[1].key == "limits.ulimits.nofile");
}

TEST_CASE("no members differ exactly when no keys do") {
  const ContainerSpec spec;
  CHECK(changed_members(spec, spec).empty());
  NetworkSpec network;
  NetworkSpec other = network;
  other.subnet = "10.1.0.0/24";
  CHECK(changed_members(network, network).empty());
  CHECK(changed_members(network, other).size() == 1);
}

}  // namespace

}  // namespace berth
