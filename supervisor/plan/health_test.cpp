#include "supervisor/plan/health.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

void probe(Stage& stage, bool healthy) {
  REQUIRE(stage.turn() == "probe web");
  stage.pending.clear();
  stage.tell(
      event::Probed{"web", stage.of("web").launch_id, healthy, healthy ? "" : "connect: refused"});
}

Stage running(const ContainerSpec& spec) {
  Stage stage;
  stage.define(spec);
  stage.settle();
  return stage;
}

}  // namespace

TEST_CASE("probes come quickly at first, at growing distances up to the interval") {
  Stage stage = running(probed("web"));
  CHECK(stage.of("web").phase == Phase::starting);
  CHECK(stage.of("web").health == Health::starting);
  const Instant launched = stage.now;
  for (const Duration at : {100ms, 200ms, 400ms, 800ms, 1600ms, 3200ms, 6400ms, 12800ms, 22800ms}) {
    CHECK(*stage.wake_at() == launched + at);
    stage.now = launched + at;
    probe(stage, false);
  }
  CHECK(stage.of("web").phase == Phase::starting);
}

TEST_CASE("readiness is the first success, and then it is probed every interval") {
  Stage stage = running(probed("web"));
  stage.now += 100ms;
  probe(stage, true);
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK(stage.of("web").health == Health::healthy);
  CHECK(*stage.wake_at() == stage.now + 10s);
}

TEST_CASE("a slow start is no failure before retries intervals are over") {
  Stage stage = running(probed("web"));
  const Instant launched = stage.now;
  while (stage.of("web").phase == Phase::starting) {
    stage.now = *stage.wake_at();
    probe(stage, false);
    REQUIRE(stage.now < launched + 2min);
  }
  CHECK(stage.of("web").phase == Phase::unhealthy);
  CHECK(stage.now >= launched + 30s);
  CHECK(stage.now <= launched + 45s);
}

TEST_CASE("failures within start_period do not count") {
  ContainerSpec spec = probed("web");
  spec.healthcheck.start_period = 5min;
  Stage stage = running(spec);
  const Instant launched = stage.now;
  while (*stage.wake_at() < launched + 5min) {
    stage.now = *stage.wake_at();
    probe(stage, false);
    REQUIRE(stage.of("web").failing == 0);
  }
}

TEST_CASE("retries failures in a row make it unhealthy: it is restarted, and that is a failure") {
  Stage stage = running(probed("web"));
  stage.now += 100ms;
  probe(stage, true);
  for (int i = 0; i < 2; ++i) {
    stage.now += 10s;
    probe(stage, false);
    CHECK(stage.of("web").phase == Phase::ready);
  }
  stage.now += 10s;
  probe(stage, false);
  CHECK(stage.of("web").phase == Phase::unhealthy);
  CHECK(stage.of("web").error == "unhealthy: connect: refused");
  CHECK(stage.turn() == "stop web");
  CHECK(stage.last_reason() == "unhealthy: connect: refused");
  stage.succeed();
  CHECK(stage.of("web").phase == Phase::backing_off);
  CHECK(stage.of("web").attempts == 1);
  CHECK(stage.settle() == "clean-up web");
  stage.now += 100ms;
  CHECK(stage.turn() == "launch web");
}

TEST_CASE("without on_failure = restart, and with policy no, it stays unhealthy until a success") {
  ContainerSpec left = probed("web");
  left.healthcheck.on_failure = HealthAction::none;
  ContainerSpec never = probed("web");
  never.restart.policy = RestartPolicy::no;
  for (ContainerSpec spec : {left, never}) {
    spec.healthcheck.retries = 1;
    Stage stage = running(spec);
    stage.now += 100ms;
    probe(stage, true);
    stage.now += 10s;
    probe(stage, false);
    CHECK(stage.of("web").phase == Phase::unhealthy);
    CHECK(stage.turn() == "");
    stage.now += 10s;
    probe(stage, true);
    CHECK(stage.of("web").phase == Phase::ready);
    CHECK(stage.of("web").error.empty());
  }
}

TEST_CASE("a health check that comes later does not make what is ready less so") {
  Stage stage = running(service("web"));
  stage.edit("web", [](ContainerSpec& spec) { spec.healthcheck.tcp = ":80"; });
  CHECK(stage.turn() == "update web");
  stage.succeed();
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK(stage.of("web").health == Health::starting);
  probe(stage, true);
  CHECK(stage.of("web").health == Health::healthy);
  stage.edit("web", [](ContainerSpec& spec) { spec.healthcheck.tcp.clear(); });
  CHECK(stage.settle() == "update web");
  CHECK(stage.of("web").health == Health::none);
  CHECK_FALSE(stage.wake_at());
}

TEST_CASE("what a program says of itself is not covered by its not being ready yet") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.healthcheck.notify = true;
  stage.define(spec);
  stage.settle();
  const std::uint64_t launch = stage.of("web").launch_id;
  stage.tell(event::Notified{"web", launch, false, "warming up"});
  CHECK(stage.of("web").probe_message == "warming up");
  stage.observed.containers.at("web").probing = true;
  stage.tell(event::Probed{"web", launch, false, "it has not said READY=1"});
  CHECK(stage.of("web").probe_message == "warming up");
  CHECK(stage.of("web").phase == Phase::starting);
  stage.tell(event::Notified{"web", launch, true, "serving"});
  CHECK(stage.of("web").probe_message == "serving");
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK_FALSE(stage.of("web").next_probe);
}

}  // namespace berth
