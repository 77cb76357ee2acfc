#include "supervisor/model/keys.h"

#include <set>

#include <doctest/doctest.h>

#include "supervisor/model/status.h"
#include "supervisor/model/values.h"

using namespace berth;

TEST_CASE("every default in the table is the default of the spec") {
  const ContainerSpec spec;
  for (const auto& key : container_keys()) {
    CAPTURE(key.name);
    CHECK(format_key(key, spec) == key.default_text);
  }
}

TEST_CASE("no key is in a table twice") {
  std::set<std::string_view> names;
  for (const auto& key : container_keys()) CHECK(names.insert(key.name).second);
  std::set<std::string_view> refused;
  for (const auto& key : future_container_keys()) CHECK(refused.insert(key.name).second);
}

TEST_CASE("every key has a meaning and an example") {
  for (const auto& key : container_keys()) {
    CAPTURE(key.name);
    CHECK_FALSE(key.meaning.empty());
    CHECK_FALSE(key.example.empty());
  }
}

TEST_CASE("a changed limit is one live change with both values") {
  ContainerSpec before;
  before.limits.memory = Bytes{64u << 20};
  ContainerSpec after = before;
  CHECK(same_definition(before, after));
  after.limits.memory = Bytes{128u << 20};
  CHECK_FALSE(same_definition(before, after));
  const auto changes = changed_keys(before, after);
  REQUIRE(changes.size() == 1);
  CHECK(changes[0] == KeyChange{"limits.memory", "64M", "128M", Cost::live, Part::process});
}

TEST_CASE("positions and names are no part of the comparison") {
  ContainerSpec before;
  ContainerSpec after;
  after.name = "other";
  after.where["command"] = SourcePos{"web.toml", 1, 1};
  CHECK(changed_keys(before, after).empty());
  CHECK(same_definition(before, after));
}

TEST_CASE("a change of the network makes the sandbox anew, of the root file system the root") {
  ContainerSpec before;
  before.root_template = "host";
  ContainerSpec after;
  after.rootfs = "/srv/web";
  after.network = NetworkMode::none;
  const auto changes = changed_keys(before, after);
  REQUIRE(changes.size() == 3);
  CHECK(changes[0] == KeyChange{"template", "host", "", Cost::recreate, Part::root});
  CHECK(changes[1] == KeyChange{"rootfs", "", "/srv/web", Cost::recreate, Part::root});
  CHECK(changes[2] == KeyChange{"network", "bridge", "none", Cost::recreate, Part::sandbox});
}

TEST_CASE("values are written in their short forms") {
  CHECK(format_value(UlimitSpec{1024, UlimitSpec::kUnlimited}) == "1024:unlimited");
  CHECK(format_value(std::vector<PortSpec>{{.host_port = 8080, .container_port = 80}}) ==
        R"(["127.0.0.1:8080:80/tcp"])");
  CHECK(format_value(std::map<std::string, DependencySpec>{{"db", {}}}) == R"(["db=started"])");
  CHECK(format_value(MountSpec{.source = "/srv", .target = "/data", .read_only = true}) ==
        "/srv:/data:ro");
  CHECK(format_value(NetworkAttachment{"lan", "10.20.0.10", "", {"shop"}}) ==
        "lan 10.20.0.10 (shop)");
  CHECK(format_value(0.5) == "0.5");
}

TEST_CASE("signals are read by name, with and without SIG, and by number") {
  CHECK(parse_signal("SIGTERM") == Signal{15});
  CHECK(parse_signal("TERM") == Signal{15});
  CHECK(parse_signal("15") == Signal{15});
  CHECK(parse_signal("RTMIN+3") == Signal{37});
  CHECK(parse_signal("SIGRTMAX-1") == Signal{63});
  for (const char* text : {"", "0", "65", "32", "SIGNOPE", "RTMIN+31", "RTMIN+-1", "term", "15 "}) {
    CAPTURE(text);
    CHECK_FALSE(parse_signal(text));
  }
}

TEST_CASE("every signal's name reads back as the same signal") {
  for (int number = 1; number <= 64; ++number) {
    if (number == 32 || number == 33) continue;
    CAPTURE(number);
    CHECK(parse_signal(format_signal(Signal{number})) == Signal{number});
  }
}

TEST_CASE("an exit is described for people") {
  using Kind = ExitStatus::Kind;
  CHECK(describe({Kind::exited, 3, false}) == "exit code 3");
  CHECK(describe({Kind::signaled, 9, true}) == "signal 9 (KILL), out of memory");
  CHECK(describe({}) == "unknown");
  CHECK(name_of(Phase::backing_off) == "backing-off");
  CHECK(name_of(Health::unhealthy) == "unhealthy");
}

TEST_CASE("the place of a key that was not written is the nearest parent that was") {
  ContainerSpec spec;
  spec.where[""] = SourcePos{"web.toml", 0, 0};
  spec.where["mounts[0]"] = SourcePos{"web.toml", 4, 11};
  CHECK(where_of(spec, "mounts[0].source") == SourcePos{"web.toml", 4, 11});
  CHECK(where_of(spec, "mounts[1].source") == SourcePos{"web.toml", 0, 0});
}
