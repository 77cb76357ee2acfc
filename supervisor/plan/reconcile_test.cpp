// The start pipeline, and what is wanted.
#include "supervisor/plan/reconcile.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

TEST_CASE("a new definition becomes a running container, one step after the other") {
  Stage stage;
  stage.define(service("web"));
  CHECK(stage.turn() == "create-network default");
  CHECK(stage.turn() == "");
  stage.succeed();
  CHECK(stage.turn() == "create-sandbox web");
  CHECK(stage.last_reason() == "new definition");
  CHECK(stage.of("web").phase == Phase::creating);
  stage.succeed();
  CHECK(stage.turn() == "launch web");
  CHECK(stage.last_reason() == "new definition");
  stage.succeed();
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK(stage.turn() == "");
  CHECK_FALSE(stage.wake_at());
}

TEST_CASE("a container without a network needs none to be made") {
  for (const NetworkMode mode : {NetworkMode::none, NetworkMode::host}) {
    Stage stage;
    ContainerSpec spec = service("web");
    spec.network = mode;
    stage.define(spec);
    CHECK(stage.settle() == "create-sandbox web; launch web");
  }
}

TEST_CASE("the same definition read again changes nothing") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.define(service("web"));
  CHECK(stage.settle() == "");
}

TEST_CASE("without autostart a container waits for an operator") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.autostart = false;
  stage.define(spec);
  CHECK(stage.settle() == "");
  stage.tell(event::OperatorStart{"web"});
  CHECK(stage.settle() == "create-network default; create-sandbox web; launch web");
  CHECK(stage.reasons[1] == "operator");
}

TEST_CASE("what a wanted container depends on is wanted, unless an operator stopped it") {
  Stage stage;
  ContainerSpec db = service("db");
  db.autostart = false;
  ContainerSpec disk = service("disk");
  disk.autostart = false;
  stage.define(needing(db, "disk"));
  stage.define(disk);
  stage.define(needing(service("web"), "db"));
  CHECK(stage.settle() ==
        "create-network default; create-sandbox disk; launch disk; create-sandbox db; launch db; "
        "create-sandbox web; launch web");
  stage.tell(event::OperatorStop{"db"});
  // Nobody needs the disk now: what depended on it is not wanted any more.
  CHECK(stage.settle() ==
        "stop db; stop disk; clean-up db; clean-up disk; remove-sandbox db; remove-sandbox disk");
  CHECK(stage.of("web").phase == Phase::ready);
}

TEST_CASE("start_order, then the name, breaks ties among what may begin") {
  Stage stage;
  for (const char* name : {"a", "b", "c"}) stage.define(service(name));
  stage.edit("c", [](ContainerSpec& spec) { spec.start_order = -1; });
  stage.turn();
  stage.succeed();
  CHECK(stage.turn() == "create-sandbox c; create-sandbox a; create-sandbox b");
  stage.succeed();
  CHECK(stage.turn() == "launch c; launch a; launch b");
  CHECK(stage.of("c").launch_id < stage.of("a").launch_id);
  CHECK(stage.of("a").launch_id < stage.of("b").launch_id);
}

TEST_CASE("a removed definition is stopped, removed with all it kept, and forgotten") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.remove("web");
  CHECK(stage.settle() == "stop web; clean-up web; remove-sandbox web; remove-root web");
  CHECK(stage.reasons[3] == "definition removed");
  CHECK(stage.observed.containers.empty());
}

TEST_CASE("a definition that comes back while everything is removed starts from the beginning") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.remove("web");
  for (int i = 0; i < 3; ++i) {
    stage.turn();
    stage.succeed();
  }
  CHECK(stage.turn() == "remove-root web");
  stage.define(service("web"));
  CHECK(stage.turn() == "");
  stage.succeed();
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

TEST_CASE("shutdown stops in reverse order and leaves nothing but roots") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("app"), "db"));
  stage.define(needing(service("web"), "app"));
  stage.settle();
  stage.desired.shutting_down = true;
  CHECK(stage.turn() == "stop web");
  stage.succeed();
  CHECK(stage.turn() == "stop app; clean-up web");
  stage.succeed();
  CHECK(stage.turn() == "stop db; clean-up app; remove-sandbox web");
  CHECK_FALSE(nothing_left(stage.observed));
  stage.succeed();
  CHECK(stage.settle() ==
        "clean-up db; remove-sandbox app; remove-sandbox db; remove-network default");
  CHECK(nothing_left(stage.observed));
  CHECK(stage.of("db").root);
}

TEST_CASE("a process that runs by an older definition still orders the stop") {
  // app runs depending on db; by the new definitions it is the other way round.
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("app"), "db"));
  stage.settle();
  stage.define(service("app"));
  stage.define(needing(service("db"), "app"));
  stage.desired.shutting_down = true;
  CHECK(stage.turn() == "stop app");
}

TEST_CASE("processes that depend on each other in a cycle can be stopped") {
  Stage stage;
  stage.define(service("a"));
  stage.define(needing(service("b"), "a"));
  stage.settle();
  stage.define(needing(service("a"), "b"));
  stage.observed.containers["a"].spec = stage.desired.containers["a"];
  stage.desired.shutting_down = true;
  CHECK(stage.turn().starts_with("stop "));
  stage.succeed();
  stage.settle();
  CHECK(nothing_left(stage.observed));
}

TEST_CASE("a process that does not stop is killed, and killed again every ten seconds") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.stop_timeout = 5s;
  stage.define(spec);
  stage.settle();
  stage.tell(event::OperatorStop{"web"});
  CHECK(stage.turn() == "stop web");
  CHECK(stage.of("web").phase == Phase::stopping);
  CHECK(*stage.wake_at() == stage.now + 5s);
  stage.now += 5s - 1ns;
  CHECK(stage.turn() == "");
  stage.now += 1ns;
  CHECK(stage.turn() == "kill web");
  CHECK(stage.last_reason() == "did not stop within 5s");
  CHECK(*stage.wake_at() == stage.now + 10s);
  stage.now += 10s;
  CHECK(stage.turn() == "kill web");
  CHECK(stage.of("web").error.find("SIGKILL") != std::string::npos);
}

TEST_CASE("an operator's stop keeps a container down until an operator starts it") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.tell(event::OperatorStop{"web"});
  CHECK(stage.settle() == "stop web; clean-up web; remove-sandbox web");
  CHECK(stage.of("web").phase == Phase::stopped);
  CHECK(stage.of("web").error.empty());
  stage.edit("web", [](ContainerSpec& spec) { spec.environment["A"] = "1"; });
  CHECK(stage.settle() == "");
  stage.tell(event::OperatorStart{"web"});
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

TEST_CASE("an operator's restart keeps the sandbox, and starts what is stopped") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.tell(event::OperatorRestart{"web"});
  CHECK(stage.settle() == "stop web; clean-up web; launch web");
  CHECK(stage.of("web").restarts == 1);
  stage.tell(event::OperatorStop{"web"});
  stage.settle();
  stage.tell(event::OperatorRestart{"web"});
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

TEST_CASE("a failed network is removed, then made again after a while") {
  Stage stage;
  stage.define(service("web"));
  stage.turn();
  stage.fail("no such device");
  CHECK(stage.observed.networks["default"].error == "no such device");
  CHECK(stage.turn() == "remove-network default");
  stage.succeed();
  CHECK(stage.turn() == "");
  CHECK(*stage.wake_at() == stage.now + 1s);
  stage.now += 1s;
  CHECK(stage.settle() == "create-network default; create-sandbox web; launch web");
  CHECK(stage.observed.networks["default"].error.empty());
}

TEST_CASE("a network whose subnet changes is made anew below its containers") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  NetworkSpec network = *stage.desired.networks["default"];
  network.subnet = "10.99.0.0/16";
  stage.desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  CHECK(stage.settle() ==
        "stop web; clean-up web; remove-sandbox web; remove-network default; "
        "create-network default; create-sandbox web; launch web");
}

TEST_CASE("a network that no definition names goes when its last sandbox is gone") {
  Stage stage;
  NetworkSpec lan;
  lan.name = "lan";
  lan.subnet = "10.1.0.0/16";
  stage.desired.networks["lan"] = std::make_shared<const NetworkSpec>(lan);
  ContainerSpec spec = service("web");
  spec.networks = {NetworkAttachment{.name = "lan"}};
  stage.define(spec);
  CHECK(stage.settle() == "create-network lan; create-sandbox web; launch web");
  stage.desired.networks.erase("lan");
  CHECK(stage.settle() == "");
  stage.remove("web");
  CHECK(stage.settle() ==
        "stop web; clean-up web; remove-sandbox web; remove-root web; remove-network lan");
}

}  // namespace berth
