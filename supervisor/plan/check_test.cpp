#include "supervisor/plan/check.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

void set(Stage& stage, const std::string& name, const std::string& value) {
  stage.edit(name, [&](ContainerSpec& spec) { spec.environment["A"] = value; });
}

Stage running() {
  Stage stage;
  stage.passes_checks = false;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db", DependencyCondition::started, true));
  stage.settle();
  return stage;
}

TEST_CASE("what a new definition needs is looked at before anything is stopped for it") {
  Stage stage = running();
  set(stage, "db", "1");
  CHECK(stage.turn() == "check db");
  CHECK(stage.turn().empty());
  stage.succeed();
  CHECK(stage.settle() == "stop web; stop db; clean-up web; clean-up db; launch db; launch web");
}

TEST_CASE("a definition whose check fails leaves the container and its dependants running") {
  Stage stage = running();
  set(stage, "db", "1");
  CHECK(stage.turn() == "check db");
  stage.fail("mounts[0].source: /srv: No such file or directory");
  CHECK(stage.turn().empty());
  CHECK(stage.of("db").running());
  CHECK(stage.of("db").error.empty());
  CHECK(planning::check_sentence(stage.of("db"), stage.desired.containers.at("db")) ==
        "held back: mounts[0].source: /srv: No such file or directory");
  REQUIRE(stage.wake_at());
  stage.now = *stage.wake_at();
  CHECK(stage.turn() == "check db");
}

TEST_CASE("containers that depend on each other are stopped when all of them are looked at") {
  Stage stage = running();
  set(stage, "db", "1");
  set(stage, "web", "1");
  stage.define(service("other"));
  CHECK(stage.turn() == "create-sandbox other; check db; check web");
  const SpecPtr db = stage.desired.containers.at("db");
  const SpecPtr web = stage.desired.containers.at("web");
  stage.tell(event::Checked{"db", db});
  CHECK(stage.turn().empty());
  stage.tell(event::Checked{"web", web});
  CHECK(stage.turn() == "stop web");
}

TEST_CASE("a check that failed once holds up no other") {
  Stage stage = running();
  set(stage, "db", "1");
  set(stage, "web", "1");
  stage.turn();
  const Action of_web = stage.pending.at(1);
  stage.tell(event::Checked{"db", stage.desired.containers.at("db")});
  stage.tell(event::Failed{of_web, "gone"});
  CHECK(stage.turn() == "stop web");  // because db stops
}

TEST_CASE("another definition is checked at once, and the old one needs no check") {
  Stage stage = running();
  set(stage, "db", "1");
  stage.turn();
  stage.fail("gone");
  set(stage, "db", "2");
  CHECK(stage.turn() == "check db");
  stage.fail("gone");
  stage.edit("db", [](ContainerSpec& spec) { spec.environment.clear(); });
  CHECK(stage.turn().empty());
  CHECK(planning::check_sentence(stage.of("db"), stage.desired.containers.at("db")).empty());
}

TEST_CASE("a check counts for one restart") {
  Stage stage = running();
  set(stage, "db", "1");
  stage.settle();
  CHECK(stage.of("db").spec->environment.at("A") == "1");
  set(stage, "db", "2");
  CHECK(stage.turn() == "check db");
}

TEST_CASE("an answer about a definition that is no longer looked at counts for nothing") {
  Stage stage = running();
  set(stage, "db", "1");
  stage.turn();
  const SpecPtr first = stage.desired.containers.at("db");
  stage.fail("gone");
  set(stage, "db", "2");
  stage.turn();
  stage.tell(event::Checked{"db", first});
  CHECK(stage.turn().empty());
}

TEST_CASE("live changes and removals need no check") {
  Stage stage = running();
  stage.edit("db", [](ContainerSpec& spec) { spec.limits.memory = Bytes{1u << 30}; });
  stage.remove("web");
  CHECK(stage.turn().find("check") == std::string::npos);
}

}  // namespace

}  // namespace berth
