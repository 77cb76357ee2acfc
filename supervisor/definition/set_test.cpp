// load and accept on sets that change: what keeps running, what falls back, who is at fault.
#include <doctest/doctest.h>

#include "supervisor/definition/load.h"
#include "supervisor/model/keys.h"

using namespace berth;
using namespace berth::definition;

namespace {

const std::string kBase = "template = 'host'\ncommand = ['true']\n";
const std::string kLan = "subnet = '10.9.0.0/24'\n";
const std::string kSource = "/var/lib/berth/source/current/containers/";

// A directory of definitions, and what was accepted of it last.
struct Machine {
  std::map<std::string, std::string> containers;
  std::map<std::string, std::string> networks;
  bool missing_directory = false;
  std::string host = {};
  std::vector<std::string> unread = {};
  std::map<std::string, std::string> folders = {};  // of containers whose files are elsewhere
  std::map<std::string, std::string> masked = {};
  AcceptedSet accepted = {};
  Snapshot snapshot = {};

  void take() {
    snapshot = Snapshot();
    snapshot.masked_containers = masked;
    snapshot.missing_directory = missing_directory;
    snapshot.unread = unread;
    if (!host.empty()) snapshot.host.push_back(File{"berthd.toml", "berthd", Format::toml, host});
    for (const auto& [name, content] : containers) {
      snapshot.containers.push_back(
          File{folders[name] + name + ".toml", name, Format::toml, content});
    }
    for (const auto& [name, content] : networks) {
      snapshot.networks.push_back(File{"networks/" + name + ".toml", name, Format::toml, content});
    }
    accepted = accept(load(snapshot), accepted);
  }

  [[nodiscard]] bool runs(const std::string& name) const {
    return accepted.containers.contains(name);
  }
  [[nodiscard]] bool files_complete() const { return saw_everything(snapshot, accepted); }
  [[nodiscard]] const ContainerSpec& spec(const std::string& name) const {
    return *accepted.containers.at(name);
  }
  // All problems, for a look at what was said.
  [[nodiscard]] std::string said() const {
    std::string text;
    for (const Diagnostic& diagnostic : accepted.problems) text += format(diagnostic) + "\n";
    return text;
  }
};

std::string with(const std::string& lines) { return kBase + lines + "\n"; }

}  // namespace

TEST_CASE("a good set is accepted as it is, with the default network") {
  Machine machine{.containers = {{"web", with("depends_on = ['db']")}, {"db", kBase}}};
  machine.take();
  CHECK(machine.said().empty());
  CHECK(machine.accepted.containers.size() == 2);
  REQUIRE(machine.accepted.networks.contains("default"));
  CHECK(machine.accepted.networks.at("default")->bridge == "berth0");
}

TEST_CASE("a definition that did not change keeps its pointer, and one that moved gets a new one") {
  Machine machine{.containers = {{"web", kBase}, {"db", kBase}}};
  machine.take();
  const auto web = machine.accepted.containers.at("web");
  const auto db = machine.accepted.containers.at("db");
  const auto network = machine.accepted.networks.at("default");
  machine.containers["db"] = "# a comment\n" + kBase;
  machine.take();
  CHECK(machine.accepted.containers.at("web") == web);
  CHECK(machine.accepted.networks.at("default") == network);
  CHECK(machine.accepted.containers.at("db") != db);
  CHECK(same_definition(*machine.accepted.containers.at("db"), *db));
}

TEST_CASE("a file that does not parse keeps its last good definition and says why") {
  Machine machine{.containers = {{"web", with("hostname = 'a'")}, {"new", "command = "}}};
  machine.take();
  CHECK_FALSE(machine.runs("new"));
  machine.containers["web"] = "command = ";
  machine.take();
  REQUIRE(machine.runs("web"));
  CHECK(machine.spec("web").hostname == "a");
  CHECK(machine.said().find("web.toml:1:") != std::string::npos);
  CHECK(machine.accepted.problems.size() == 2);
  CHECK(machine.accepted.problems[1].container == "web");
}

TEST_CASE("a removed file removes its container") {
  Machine machine{.containers = {{"web", kBase}, {"db", kBase}}};
  machine.take();
  machine.containers.erase("web");
  machine.take();
  CHECK_FALSE(machine.runs("web"));
  CHECK(machine.runs("db"));
}

TEST_CASE("a directory that vanished keeps what came from it, and others are followed") {
  Machine machine{.containers = {{"web", kBase}, {"job", kBase}}, .networks = {{"lan", kLan}}};
  machine.folders = {{"web", "containers/"}, {"job", kSource}};
  machine.masked["old"] = "/etc/berth/containers/old.toml";
  machine.take();
  CHECK(machine.files_complete());
  const auto web = machine.accepted.containers.at("web");
  machine.containers = {{"job", with("hostname = 'new'")}, {"web", kBase}, {"old", kBase}};
  machine.folders = {{"job", kSource}, {"web", kSource}, {"old", kSource}};
  machine.networks.clear();
  machine.masked.clear();
  machine.missing_directory = true;
  machine.take();
  CHECK_FALSE(machine.files_complete());
  CHECK(machine.accepted.containers.at("web") == web);  // not the one below it
  CHECK(machine.spec("job").hostname == "new");
  CHECK_FALSE(machine.runs("old"));  // it was masked there
  CHECK(machine.accepted.networks.contains("lan"));
  machine.containers.erase("job");
  machine.take();
  CHECK_FALSE(machine.runs("job"));
}

TEST_CASE("a host whose definitions all come from elsewhere misses no directory") {
  Machine machine{.containers = {{"job", kBase}}};
  machine.folders["job"] = kSource;
  machine.missing_directory = true;
  machine.take();
  CHECK(machine.runs("job"));
  CHECK(machine.files_complete());
  machine.containers.clear();
  machine.take();
  CHECK_FALSE(machine.runs("job"));
}

TEST_CASE("a directory that vanished keeps all that was in it, an empty one nothing") {
  Machine machine{.containers = {{"web", kBase}}};
  machine.folders["web"] = "containers/";
  machine.take();
  machine.containers.clear();
  machine.missing_directory = true;
  machine.take();
  CHECK(machine.runs("web"));
  CHECK(machine.accepted.networks.contains("default"));
  machine.missing_directory = false;
  machine.take();
  CHECK_FALSE(machine.runs("web"));
}

TEST_CASE("a running container stays when its dependency's file is gone, and that is said") {
  Machine machine{.containers = {{"web", with("depends_on = ['db']")}, {"db", kBase}}};
  machine.take();
  machine.containers.erase("db");
  machine.take();
  CHECK(machine.runs("web"));
  CHECK_FALSE(machine.runs("db"));
  CHECK(machine.said().find("there is no container \"db\"") != std::string::npos);
}

TEST_CASE("a new container whose dependency has no good definition is not there") {
  Machine machine{.containers = {{"web", with("depends_on = ['db']")}, {"db", "command = "}}};
  machine.take();
  CHECK_FALSE(machine.runs("web"));
  CHECK(machine.said().find("\"db\" has no good definition (mend db.toml)") != std::string::npos);
  machine.containers["db"] = kBase;
  machine.take();
  CHECK(machine.runs("web"));
  CHECK(machine.runs("db"));
}

TEST_CASE("dependencies on what is left out fall with it, along the whole chain") {
  Machine machine{.containers = {{"a", with("depends_on = ['b']")},
                                 {"b", with("depends_on = ['c']")},
                                 {"c", with("depends_on = ['nowhere']")},
                                 {"d", kBase}}};
  machine.take();
  CHECK(machine.accepted.containers.size() == 1);
  CHECK(machine.runs("d"));
}

TEST_CASE("a change that makes a cycle is refused, and the members stay as they were") {
  Machine machine{.containers = {{"web", with("depends_on = ['db']")}, {"db", kBase}}};
  machine.take();
  machine.containers["db"] = with("depends_on = ['web']\nhostname = 'changed'");
  machine.take();
  CHECK(machine.runs("web"));
  REQUIRE(machine.runs("db"));
  CHECK(machine.spec("db").depends_on.empty());
  CHECK(
      machine.said().find("wait for each other: db (db.toml:3:15) -> web (web.toml:3:15) -> db") !=
      std::string::npos);
}

TEST_CASE("a new cycle is in nobody's way but its members'") {
  Machine machine{.containers = {{"a", with("depends_on = ['b']")},
                                 {"b", with("depends_on = ['a']")},
                                 {"c", kBase}}};
  machine.take();
  CHECK(machine.accepted.containers.size() == 1);
  CHECK(machine.runs("c"));
}

TEST_CASE("who has a port keeps it, whatever the newcomer's name") {
  Machine machine{.containers = {{"web", with("ports = ['8080:80']")}}};
  machine.take();
  machine.containers["app"] = with("ports = ['0.0.0.0:8080:80']");
  machine.take();
  CHECK(machine.runs("web"));
  CHECK_FALSE(machine.runs("app"));
  CHECK(
      machine.said().find("app.toml:3:10: error: ports[0]: 0.0.0.0:8080/tcp is published by web") !=
      std::string::npos);
  // Once it is free, the newcomer gets it.
  machine.containers.erase("web");
  machine.take();
  CHECK(machine.runs("app"));
}

TEST_CASE("two containers can exchange their ports in one change") {
  Machine machine{.containers = {{"a", with("ports = ['1:80']")}, {"b", with("ports = ['2:80']")}}};
  machine.take();
  machine.containers = {{"a", with("ports = ['2:80']")}, {"b", with("ports = ['1:80']")}};
  machine.take();
  CHECK(machine.said().empty());
  CHECK(machine.spec("a").ports[0].host_port == 2);
  CHECK(machine.spec("b").ports[0].host_port == 1);
}

TEST_CASE("a container that keeps its last good definition keeps its ports, too") {
  Machine machine{.containers = {{"web", with("ports = ['8080:80']")}}};
  machine.take();
  machine.containers["web"] = "broken";
  machine.containers["app"] = with("ports = ['8080:80']");
  machine.take();
  CHECK(machine.runs("web"));
  CHECK_FALSE(machine.runs("app"));
}

TEST_CASE("who loses a port to one that is refused itself gets it after all") {
  Machine machine{.containers = {{"a", with("ports = ['1:80']\ndepends_on = ['nowhere']")},
                                 {"b", with("ports = ['1:80']")}}};
  machine.take();
  CHECK_FALSE(machine.runs("a"));
  CHECK(machine.runs("b"));
}

TEST_CASE("when a dependency changes so that a condition cannot hold, the change is refused") {
  const std::string probed = with("[healthcheck]\ntcp = ':80'");
  Machine machine{.containers = {{"web", with("depends_on = { db = { condition = 'healthy' } }")},
                                 {"db", probed}}};
  machine.take();
  CHECK(machine.accepted.containers.size() == 2);
  machine.containers["db"] = kBase;
  machine.take();
  CHECK(machine.spec("db").healthcheck.configured());
  CHECK(machine.runs("web"));
  REQUIRE(machine.accepted.problems.size() == 1);
  CHECK(machine.accepted.problems[0].container == "db");
}

TEST_CASE("a network stays as long as a container is attached to it") {
  Machine machine{.containers = {{"web", with("networks = ['lan']")}},
                  .networks = {{"lan", "subnet = '10.20.0.0/24'"}}};
  machine.take();
  REQUIRE(machine.runs("web"));
  CHECK(machine.accepted.networks.at("lan")->bridge == "br-lan");
  machine.networks.clear();
  machine.take();
  CHECK(machine.runs("web"));
  CHECK(machine.accepted.networks.contains("lan"));
  machine.containers.clear();
  machine.take();
  CHECK_FALSE(machine.accepted.networks.contains("lan"));
}

TEST_CASE("a network whose file is bad, or that overlaps another, stays as it was") {
  Machine machine{.networks = {{"a", "subnet = '10.20.0.0/24'"}, {"b", "subnet = '10.30.0.0/24'"}}};
  machine.take();
  CHECK(machine.accepted.networks.size() == 3);
  machine.networks["b"] = "subnet = 5";
  machine.take();
  CHECK(machine.accepted.networks.at("b")->subnet == "10.30.0.0/24");
  machine.networks["b"] = "subnet = '10.20.0.0/16'";
  machine.take();
  CHECK(machine.accepted.networks.at("a")->subnet == "10.20.0.0/24");
  CHECK(machine.accepted.networks.at("b")->subnet == "10.30.0.0/24");
  CHECK(machine.said().find("overlaps with 10.20.0.0/24") != std::string::npos);
}

TEST_CASE("what is from an unread directory is not gone, and the others go on") {
  Machine machine{.containers = {{"web", kBase}, {"db", kBase}},
                  .networks = {{"lan", "subnet = '10.20.0.0/24'"}},
                  .folders = {{"web", "/usr/lib/berth/containers/"}}};
  machine.take();
  const auto web = machine.accepted.containers.at("web");
  machine.containers.clear();
  machine.networks.clear();
  machine.unread = {"/usr/lib/berth/containers/", "networks/"};
  machine.take();
  CHECK(machine.runs("web"));
  CHECK_FALSE(machine.runs("db"));
  CHECK(machine.accepted.networks.contains("lan"));
  // What a lower layer says under this name is not what was meant.
  machine.containers["web"] = with("hostname = 'lower'");
  machine.folders.clear();
  machine.take();
  CHECK(machine.accepted.containers.at("web") == web);
  machine.unread.clear();
  machine.take();
  CHECK(machine.spec("web").hostname == "lower");
  CHECK_FALSE(machine.accepted.networks.contains("lan"));
}

TEST_CASE("with apply = set, one error holds back every change until it is mended") {
  Machine machine{.containers = {{"web", kBase}, {"db", kBase}}, .host = "apply = 'set'"};
  machine.take();
  CHECK(machine.accepted.containers.size() == 2);
  CHECK_FALSE(machine.accepted.held_back);
  const auto db = machine.accepted.containers.at("db");
  machine.containers = {{"web", with("hostname = 'new'")}, {"app", with("hostnam = 'x'")}};
  machine.take();
  CHECK(machine.accepted.held_back);
  CHECK(machine.spec("web").hostname.empty());
  CHECK(machine.accepted.containers.at("db") == db);
  CHECK_FALSE(machine.runs("app"));
  CHECK(machine.said().find("hostnam") != std::string::npos);
  machine.containers["app"] = kBase;
  machine.take();
  CHECK_FALSE(machine.accepted.held_back);
  CHECK(machine.spec("web").hostname == "new");
  CHECK_FALSE(machine.runs("db"));
  CHECK(machine.runs("app"));
}

TEST_CASE("with apply = set, what does not fit together holds back as well") {
  Machine machine{.containers = {{"web", kBase}}, .host = "apply = 'set'"};
  machine.take();
  machine.containers["app"] = with("depends_on = ['nowhere']");
  machine.containers["web"] = with("hostname = 'new'");
  machine.networks["lan"] = "subnet = '10.20.0.0/24'";
  machine.take();
  CHECK(machine.accepted.held_back);
  CHECK(machine.spec("web").hostname.empty());
  CHECK_FALSE(machine.accepted.networks.contains("lan"));
}

TEST_CASE("with apply = set, nothing runs of a first set with an error but its default network") {
  Machine machine{.containers = {{"web", kBase}, {"app", "x"}}, .host = "apply = 'set'"};
  machine.take();
  CHECK(machine.accepted.held_back);
  CHECK(machine.accepted.containers.empty());
  CHECK(machine.accepted.networks.contains("default"));
}

TEST_CASE("a berthd.toml that is broken does not change whether sets are held back") {
  Machine machine{.containers = {{"web", kBase}}, .host = "apply = 'set'"};
  machine.take();
  HostSpec in_force;
  in_force.apply = ApplyMode::set;
  Snapshot snapshot;
  snapshot.host.push_back(File{"berthd.toml", "berthd", Format::toml, "apply = "});
  CHECK(load(snapshot, &in_force).as_one);
  CHECK_FALSE(load(snapshot).as_one);
}

TEST_CASE("settling ends, whatever claims go round in circles") {
  // Each takes a port from the next and depends on the one after that.
  Machine machine;
  for (int i = 0; i < 60; ++i) {
    const auto number = [](int n) { return std::to_string(1 + n % 60); };
    machine.containers["c" + number(i)] =
        with("ports = ['" + number(i) + ":80', '" + number(i + 1) + ":81']\ndepends_on = ['c" +
             number(i + 2) + "']");
  }
  machine.take();
  CHECK(machine.accepted.containers.empty());  // they are all members of cycles
}
