#include "supervisor/plan/backoff.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

using namespace planning;

TEST_CASE("the delay grows by the factor up to the longest, whatever the numbers") {
  struct Row {
    Duration delay;
    double factor;
    Duration max_delay;
    unsigned attempts;
    Duration expected;
  };
  constexpr Row kRows[] = {
      {100ms, 2.0, 1min, 0, 100ms},    {100ms, 2.0, 1min, 3, 800ms},
      {100ms, 2.0, 1min, 10, 1min},    {100ms, 2.0, 1min, 4000000000u, 1min},
      {100ms, 1.0, 1min, 1000, 100ms}, {0ms, 2.0, 1min, 4000000000u, 0ms},
      {10s, 2.0, 1s, 0, 1s},           {1s, 1.5, 1min, 2, 2250ms},
      {1s, 0.1, 1min, 5, 1s},          {1s, 100.0, 24h, 200, 24h},
  };
  for (const Row& row : kRows) {
    RestartSpec restart;
    restart.delay = row.delay;
    restart.factor = row.factor;
    restart.max_delay = row.max_delay;
    CAPTURE(row.attempts);
    CHECK(start_delay(restart, row.attempts) == row.expected);
  }
}

TEST_CASE("retries without a policy double from a second") {
  CHECK(retry_delay(1, 1min) == 1s);
  CHECK(retry_delay(2, 1min) == 2s);
  CHECK(retry_delay(7, 1min) == 1min);
  CHECK(retry_delay(4000000000u, 1min) == 1min);
}

TEST_CASE("what follows an exit is the restart policy's choice") {
  struct Row {
    RestartPolicy policy;
    ContainerType type;
    ExitStatus status;
    Phase phase;
    bool completed;
  };
  constexpr auto kExited = ExitStatus::Kind::exited;
  constexpr auto kService = ContainerType::service;
  constexpr auto kOneshot = ContainerType::oneshot;
  constexpr Row kRows[] = {
      {RestartPolicy::no, kService, {kExited, 0, false}, Phase::stopped, false},
      {RestartPolicy::no, kService, {kExited, 1, false}, Phase::failed, false},
      {RestartPolicy::on_failure, kService, {kExited, 0, false}, Phase::stopped, false},
      {RestartPolicy::on_failure, kService, {kExited, 1, false}, Phase::backing_off, false},
      {RestartPolicy::on_failure, kService, {}, Phase::backing_off, false},
      {RestartPolicy::always, kService, {kExited, 0, false}, Phase::backing_off, false},
      {RestartPolicy::unless_stopped, kService, {kExited, 0, false}, Phase::backing_off, false},
      {RestartPolicy::always, kOneshot, {kExited, 0, false}, Phase::stopped, true},
      {RestartPolicy::no, kOneshot, {kExited, 1, false}, Phase::failed, false},
      {RestartPolicy::on_failure, kOneshot, {kExited, 1, false}, Phase::backing_off, false},
  };
  for (const Row& row : kRows) {
    Stage stage;
    ContainerSpec spec = service("web");
    spec.type = row.type;
    spec.restart.policy = row.policy;
    stage.define(spec);
    stage.settle();
    stage.tell(event::Exited{"web", stage.of("web").launch_id, row.status});
    CAPTURE(static_cast<int>(row.policy));
    CHECK(stage.of("web").phase == row.phase);
    CHECK(stage.of("web").completed == row.completed);
    CHECK(stage.of("web").last_exit == row.status);
  }
}

TEST_CASE("a crash is followed by a launch in the same sandbox, after the delay") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.exit("web", 1);
  CHECK(stage.settle() == "clean-up web");
  CHECK(*stage.wake_at() == stage.now + 100ms);
  stage.now += 100ms;
  CHECK(stage.turn() == "launch web");
  CHECK(stage.last_reason() == "exit code 1, attempt 2");
}

TEST_CASE(
    "more failures than burst within the interval make it failed, until an operator starts it") {
  Stage stage;
  stage.define(service("web"));
  for (int i = 0; i < 5; ++i) {
    stage.settle();
    stage.exit("web", 1);
    stage.now += 1min;
  }
  CHECK(stage.of("web").phase == Phase::failed);
  CHECK(stage.of("web").error == "5 failures within 10m; last: exit code 1");
  CHECK(stage.settle() == "clean-up web; remove-sandbox web");
  CHECK_FALSE(stage.wake_at());
  stage.tell(event::OperatorStart{"web"});
  CHECK(stage.settle() == "create-sandbox web; launch web");
  CHECK(stage.of("web").error.empty());
  CHECK(stage.of("web").failures.empty());
}

TEST_CASE("a new definition of whatever cost wakes what failed") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.restart.policy = RestartPolicy::no;
  stage.define(spec);
  stage.settle();
  stage.exit("web", 1);
  stage.settle();
  stage.edit("web", [](ContainerSpec& edited) { edited.groups = {"g"}; });
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

TEST_CASE("failures further apart than the interval never make it failed") {
  Stage stage;
  stage.define(service("web"));
  for (int i = 0; i < 20; ++i) {
    stage.settle();
    stage.exit("web", 1);
    stage.now += 3min;
  }
  CHECK(stage.of("web").phase == Phase::backing_off);
}

TEST_CASE("a burst of 0 is no limit") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.restart.burst = 0;
  stage.define(spec);
  for (int i = 0; i < 50; ++i) {
    stage.settle();
    stage.exit("web", 1);
    stage.now += 1min;
  }
  CHECK(stage.of("web").phase == Phase::backing_off);
  CHECK(stage.of("web").failures.size() == 1);  // to say when it fell
}

TEST_CASE("the backoff starts over when it was ready for long enough") {
  Stage stage;
  stage.define(service("web"));
  for (int i = 0; i < 3; ++i) {
    stage.settle();
    stage.exit("web", 1);
    stage.now += 1s;
  }
  stage.settle();
  CHECK(stage.of("web").attempts == 3);
  stage.now += 10min;
  stage.exit("web", 1);
  CHECK(stage.of("web").attempts == 1);
  CHECK(*stage.of("web").next_start == stage.now + 100ms);
}

TEST_CASE("a failed sandbox is removed and a failed launch cleaned up before the next attempt") {
  Stage stage;
  stage.define(service("web"));
  stage.turn();
  stage.succeed();
  CHECK(stage.turn() == "create-sandbox web");
  stage.fail("no address left");
  CHECK(stage.of("web").phase == Phase::backing_off);
  CHECK(stage.of("web").error == "no address left");
  CHECK(stage.settle() == "remove-sandbox web");
  stage.now += 100ms;
  CHECK(stage.turn() == "create-sandbox web");
  CHECK(stage.last_reason() == "no address left, attempt 2");
  stage.succeed();
  CHECK(stage.turn() == "launch web");
  stage.fail("web.toml:14: mounts[0].source: no such directory");
  CHECK(stage.of("web").attempts == 2);
  CHECK(stage.settle() == "clean-up web");
  stage.now += 200ms;
  CHECK(stage.settle() == "launch web");
  CHECK(stage.of("web").error.empty());
}

}  // namespace berth
