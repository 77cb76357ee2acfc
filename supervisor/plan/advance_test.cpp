// Events that are late, early, doubled or about something gone.
#include "supervisor/plan/advance.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

// Up to the launch, which is not answered yet.
Stage launching() {
  Stage stage;
  stage.define(service("web"));
  for (int i = 0; i < 2; ++i) {
    stage.turn();
    stage.succeed();
  }
  REQUIRE(stage.turn() == "launch web");
  return stage;
}

}  // namespace

TEST_CASE("an exit that is told before the launch is not forgotten by it") {
  Stage stage = launching();
  stage.exit("web", 1);
  CHECK(stage.of("web").phase == Phase::backing_off);
  CHECK(stage.turn() == "");  // the launch is still under way
  stage.succeed();
  CHECK_FALSE(stage.of("web").running());
  CHECK(stage.of("web").phase == Phase::backing_off);
  CHECK(stage.turn() == "clean-up web");
}

TEST_CASE("a failed launch whose process is seen to end counts once, in either order") {
  for (const bool exit_first : {true, false}) {
    Stage stage = launching();
    const std::uint64_t id = stage.of("web").launch_id;
    const event::Exited exited{"web", id, {ExitStatus::Kind::exited, 127, false}};
    if (exit_first) stage.tell(exited);
    stage.fail("web.toml:3: command: no such file");
    if (!exit_first) stage.tell(exited);
    CHECK(stage.of("web").attempts == 1);
    CHECK(stage.of("web").error == "web.toml:3: command: no such file");
    CHECK(stage.settle() == "clean-up web");
  }
}

TEST_CASE("events about an older launch change nothing") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  const std::uint64_t older = stage.of("web").launch_id;
  stage.exit("web", 1);
  stage.now += 1s;
  stage.settle();
  REQUIRE(stage.of("web").launch_id > older);
  const int pid = stage.of("web").pid;
  stage.tell(event::Exited{"web", older, {}});
  stage.tell(event::CleanedUp{"web", older});
  stage.tell(event::Launched{"web", older, 7});
  CHECK(stage.of("web").running());
  CHECK(stage.of("web").remains);
  CHECK(stage.of("web").pid == pid);
}

TEST_CASE("events about something unknown change nothing") {
  Stage stage;
  stage.tell(event::Exited{"gone", 1, {}});
  stage.tell(event::Launched{"gone", 1, 7});
  stage.tell(event::SandboxReady{"gone", {}});
  stage.tell(event::Probed{"gone", 1, true, ""});
  stage.tell(event::NetworkReady{"gone"});
  CHECK(stage.observed.containers.empty());
  CHECK(stage.observed.networks.empty());
}

TEST_CASE("an exit while it is stopped by wish is no failure") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.tell(event::OperatorStop{"web"});
  stage.turn();
  stage.exit("web", 143);
  CHECK(stage.of("web").phase == Phase::stopped);
  CHECK(stage.of("web").attempts == 0);
  CHECK(stage.of("web").last_exit->code == 143);
}

TEST_CASE("an operator's stop while it starts is obeyed when it has started") {
  Stage stage = launching();
  stage.tell(event::OperatorStop{"web"});
  CHECK(stage.turn() == "");
  stage.succeed();
  CHECK(stage.settle() == "stop web; clean-up web; remove-sandbox web");
  CHECK(stage.of("web").phase == Phase::stopped);
}

TEST_CASE("what waits for its next start and is not wanted any more is stopped") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.exit("web", 1);
  CHECK(stage.turn() == "clean-up web");
  stage.succeed();
  stage.edit("web", [](ContainerSpec& spec) { spec.autostart = false; });
  CHECK(stage.settle() == "remove-sandbox web");
  CHECK(stage.of("web").phase == Phase::stopped);
  CHECK(stage.of("web").error.empty());
  CHECK_FALSE(stage.wake_at());
}

TEST_CASE("what is wanted again while its backoff lasts waits for its end") {
  Stage stage;
  ContainerSpec spec = service("db");
  spec.autostart = false;
  stage.define(spec);
  stage.define(needing(service("web"), "db"));
  stage.settle();
  stage.exit("db", 1);
  const ContainerSpec web = *stage.desired.containers["web"];
  stage.edit("web", [](ContainerSpec& edited) { edited.depends_on.clear(); });
  CHECK(stage.settle() == "clean-up db; update web; remove-sandbox db");
  stage.define(web);
  CHECK(stage.settle() == "update web");
  CHECK(*stage.wake_at() == stage.now + 100ms);
  stage.now += 100ms;
  CHECK(stage.settle() == "create-sandbox db; launch db");
}

TEST_CASE("what cannot be cleaned up is tried again, and said") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.tell(event::OperatorStop{"web"});
  stage.turn();
  stage.succeed();
  for (const Duration delay : {1s, 2s, 4s, 8s, 10s, 10s}) {
    CHECK(stage.turn() == "clean-up web");
    stage.fail("cannot remove the cgroup");
    CHECK(stage.of("web").error == "cannot remove the cgroup");
    CHECK(stage.turn() == "");
    CHECK(*stage.wake_at() == stage.now + delay);
    stage.now += delay;
  }
  CHECK(stage.settle() == "clean-up web; remove-sandbox web");
  CHECK(stage.of("web").error.empty());
}

}  // namespace berth
