#include "supervisor/plan/preflight.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

std::string complaints(const Stage& stage, const DesiredState& before, const Capacity& capacity) {
  const Preview seen = preview(before, stage.desired, stage.observed, stage.now);
  std::string text;
  for (const Diagnostic& problem : preflight(seen, stage.desired, stage.observed, capacity)) {
    text += problem.container + " " + format(problem) + "\n";
  }
  return text;
}

TEST_CASE("the paths that a start needs are those that the definition names") {
  ContainerSpec spec = service("web");
  spec.rootfs = "/srv/root";
  spec.mounts = {MountSpec{MountType::tmpfs, "", "/tmp", false, {}},
                 MountSpec{MountType::bind, "/srv/shop", "/data", true, {}}};
  spec.secrets["db"] = "/etc/secret";
  spec.security.seccomp = "default";
  spec.update.watch = {"/etc/not-needed"};
  using Kind = NeededPath::Kind;
  const std::vector<NeededPath> expected{{"rootfs", "/srv/root", Kind::directory},
                                         {"mounts[1].source", "/srv/shop"},
                                         {"secrets.db", "/etc/secret"}};
  CHECK(needed_paths(spec) == expected);
}

TEST_CASE("devices, programs and profiles are needed as such") {
  ContainerSpec spec = service("web");
  spec.devices = {DeviceSpec{.source = "/dev/kvm", .target = "/dev/kvm"}};
  spec.limits.io.emplace_back().device = "/dev/vda";
  spec.hooks.pre_start = {"/usr/bin/prepare", "/not/this"};
  spec.security.seccomp = "/etc/profile.json";
  using Kind = NeededPath::Kind;
  const std::vector<NeededPath> expected{
      {"devices[0]", "/dev/kvm", Kind::device},
      {"limits.io[0].device", "/dev/vda", Kind::block_device},
      {"security.seccomp", "/etc/profile.json", Kind::seccomp_profile},
      {"hooks.pre_start", "/usr/bin/prepare", Kind::program}};
  CHECK(needed_paths(spec) == expected);
}

TEST_CASE("a list of processors that is none of numbers is passed over") {
  Stage stage;
  const DesiredState before = stage.desired;
  ContainerSpec spec = service("web");
  spec.limits.cpuset = "-2147483648-2147483647";
  stage.define(spec);
  CHECK(complaints(stage, before, Capacity{0, "0-3"}).empty());
}

TEST_CASE("processors that the host has not are an error, too much memory is a warning") {
  Stage stage;
  const DesiredState before = stage.desired;
  ContainerSpec spec = service("web");
  spec.limits.cpuset = "0,4-5";
  spec.limits.memory = Bytes{std::uint64_t{64} << 30};
  spec.limits.cpus = 2;
  stage.define(spec);
  CHECK(complaints(stage, before, Capacity{std::uint64_t{8} << 30, "0-3"}) ==
        "web : warning: limits.memory: 64G is more memory than the host has (it has 8G)\n"
        "web : error: limits.cpuset: processor 4 is not there: this host has 0-3\n");
  CHECK(complaints(stage, before, Capacity()).empty());
}

TEST_CASE("a fixed IPv6 address that another container keeps is an error") {
  Stage stage;
  stage.define(service("db"));
  stage.settle();
  stage.observed.containers["db"].addresses6 = {"fd00:88::2"};
  const DesiredState before = stage.desired;
  ContainerSpec spec = service("web");
  spec.networks = {NetworkAttachment{"default", "", "fd00:88::2", {}}};
  stage.define(spec);
  CHECK(complaints(stage, before, Capacity()) ==
        "web : error: networks[0].ipv6_address: fd00:88::2 is leased to db (another address, or "
        "recreate db)\n");
}

TEST_CASE("a fixed address that another container keeps is an error") {
  Stage stage;
  stage.define(service("db"));
  stage.settle();
  const std::string address = stage.of("db").addresses.at(0);
  const DesiredState before = stage.desired;
  ContainerSpec spec = service("web");
  spec.networks = {NetworkAttachment{"default", address, "", {}}};
  stage.define(spec);
  CHECK(complaints(stage, before, Capacity()) ==
        "web : error: networks[0].ipv4_address: " + address +
            " is leased to db (another address, or recreate db)\n");
  stage.edit("db", [](ContainerSpec& db) { db.network = NetworkMode::none; });
  CHECK(complaints(stage, before, Capacity()).empty());
  stage.remove("db");
  CHECK(complaints(stage, before, Capacity()).empty());
}

}  // namespace

}  // namespace berth
