// Dependencies: they hold at every start, and order every stop.
#include "supervisor/plan/dependency.h"

#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/test_stage.h"

namespace berth {

TEST_CASE("started holds as soon as the other's process runs") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db"));
  stage.turn();
  stage.succeed();
  CHECK(stage.turn() == "create-sandbox db");
  stage.succeed();
  CHECK(stage.turn() == "launch db");
  CHECK(waits(stage.desired, stage.observed).at("web") == "waits for db to be started");
  stage.succeed();
  CHECK(stage.turn() == "create-sandbox web");
}

TEST_CASE("healthy holds at the first successful probe") {
  Stage stage;
  stage.define(probed("db"));
  stage.define(needing(service("web"), "db", DependencyCondition::healthy));
  stage.settle();
  CHECK(stage.of("db").phase == Phase::starting);
  CHECK_FALSE(stage.observed.containers.contains("web"));
  CHECK(waits(stage.desired, stage.observed).at("web") == "waits for db to be healthy");
  stage.now += 100ms;
  CHECK(stage.turn() == "probe db");
  stage.succeed();
  CHECK(stage.settle() == "create-sandbox web; launch web");
  CHECK(waits(stage.desired, stage.observed).empty());
}

TEST_CASE("completed holds when a oneshot ended with exit code 0") {
  Stage stage;
  stage.define(oneshot("prepare"));
  stage.define(needing(service("web"), "prepare", DependencyCondition::completed));
  CHECK(stage.settle() == "create-network default; create-sandbox prepare; launch prepare");
  CHECK(stage.of("prepare").phase == Phase::starting);
  stage.exit("prepare", 0);
  CHECK(stage.of("prepare").phase == Phase::stopped);
  CHECK(stage.of("prepare").completed);
  CHECK(stage.settle() ==
        "clean-up prepare; create-sandbox web; remove-sandbox prepare; launch web");
  stage.exit("web", 1);
  stage.now += 100ms;
  CHECK(stage.settle() == "clean-up web; launch web");
}

TEST_CASE("a crashed dependency is waited for at the next start") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db"));
  stage.settle();
  stage.edit("db", [](ContainerSpec& spec) { spec.restart.delay = 10s; });
  stage.settle();
  stage.exit("db", 1);
  stage.exit("web", 1);
  stage.now += 1s;
  CHECK(stage.settle() == "clean-up db; clean-up web");
  stage.now += 9s;
  CHECK(stage.settle() == "launch db; launch web");
}

TEST_CASE("a dependant without restart = true keeps running when the other restarts") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db"));
  stage.settle();
  stage.tell(event::OperatorRestart{"db"});
  CHECK(stage.settle() == "stop db; clean-up db; launch db");
}

TEST_CASE("a dependant with restart = true is stopped before and started after the other") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db", DependencyCondition::started, true));
  stage.settle();
  stage.reasons.clear();
  stage.tell(event::OperatorRestart{"db"});
  CHECK(stage.settle() == "stop web; stop db; clean-up web; clean-up db; launch db; launch web");
  CHECK(stage.reasons[0] == "dependency db stops");
  CHECK(stage.reasons[5] == "dependency db restarted");
}

TEST_CASE("a dependant with restart = true restarts when the other crashed and is back") {
  Stage stage;
  stage.define(probed("db"));
  stage.define(needing(service("web"), "db", DependencyCondition::healthy, true));
  stage.settle();
  stage.now += 100ms;
  stage.settle();
  stage.exit("db", 1);
  CHECK(stage.of("web").phase == Phase::ready);
  stage.now += 200ms;
  CHECK(stage.settle() == "clean-up db; launch db");  // web keeps running until db is healthy
  stage.now += 100ms;
  CHECK(stage.settle() == "probe db; stop web; clean-up web; launch web");
}

TEST_CASE("an operator's stop takes the dependants with restart = true along") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("app"), "db", DependencyCondition::started, true));
  stage.define(needing(service("web"), "app", DependencyCondition::started, true));
  stage.define(needing(service("other"), "db"));
  stage.settle();
  stage.tell(event::OperatorStop{"db"});
  CHECK(stage.settle() ==
        "stop web; stop app; clean-up web; stop db; clean-up app; clean-up db; remove-sandbox db");
  CHECK(stage.of("other").phase == Phase::ready);
  CHECK(waits(stage.desired, stage.observed).at("app") ==
        "waits for db, which an operator stopped");
  stage.tell(event::OperatorStart{"db"});
  CHECK(stage.settle() == "create-sandbox db; launch db; launch app; launch web");
}

TEST_CASE("a dependency without definition never holds, and disturbs nothing that runs") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db"));
  stage.settle();
  stage.remove("db");
  CHECK(stage.settle() == "stop db; clean-up db; remove-sandbox db; remove-root db");
  CHECK(stage.of("web").phase == Phase::ready);
  stage.exit("web", 1);
  stage.now += 1min;
  CHECK(stage.settle() == "clean-up web");
  CHECK(waits(stage.desired, stage.observed).at("web") == "waits for db, which has no definition");
}

TEST_CASE("a oneshot that is to run again is waited for") {
  Stage stage;
  stage.define(oneshot("prepare"));
  stage.define(needing(service("web"), "prepare", DependencyCondition::completed));
  stage.settle();
  stage.exit("prepare", 0);
  stage.settle();
  stage.edit("prepare", [](ContainerSpec& spec) { spec.command = {"other"}; });
  stage.exit("web", 1);
  stage.now += 1s;
  CHECK(stage.settle() == "clean-up web; create-sandbox prepare; launch prepare");
  stage.exit("prepare", 0);
  CHECK(stage.settle() == "clean-up prepare; launch web; remove-sandbox prepare");
}

}  // namespace berth
