#include "supervisor/plan/probation.h"

#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/test_stage.h"

using namespace berth;
using Kind = ProbationVerdict::Kind;

namespace {

// A stage with a generation on probation that began now.
struct Trial : Stage {
  ProbationVerdict after(Duration time) {
    now = probation.began + time;
    return judge(probation, desired, observed, now);
  }
  Probation probation{.containers = {"web"}, .began = now, .length = 2min};
};

}  // namespace

TEST_CASE("a generation passes at the end of its time, not before, when all are ready") {
  Trial trial;
  trial.define(service("web"));
  trial.settle();
  CHECK(trial.after(1s).kind == Kind::pending);
  CHECK(trial.after(119s).kind == Kind::pending);
  CHECK(trial.after(2min).kind == Kind::passed);
}

TEST_CASE("a container that is backing off at the end fails it, and the reason names it") {
  Trial trial;
  trial.define(service("web"));
  trial.settle();
  trial.now = trial.probation.began + 2min;
  trial.exit("web", 3);
  trial.settle();
  const ProbationVerdict verdict = trial.after(2min);
  CHECK(verdict.kind == Kind::failed);
  CHECK(verdict.reason == "web is backing-off: exit code 3");
}

TEST_CASE("one that has failed for good fails it at once") {
  Trial trial;
  ContainerSpec web = service("web");
  web.restart.policy = RestartPolicy::no;
  trial.define(web);
  trial.settle();
  trial.exit("web", 4);
  trial.settle();
  const ProbationVerdict verdict = trial.after(1s);
  CHECK(verdict.kind == Kind::failed);
  CHECK(verdict.reason == "web is failed: exit code 4");
}

TEST_CASE("one that falls over late and is ready again does not pass, an early fall does") {
  Trial trial;
  ContainerSpec web = service("web");
  web.restart.delay = Duration(0);
  trial.define(web);
  trial.settle();
  SUBCASE("late") {
    trial.now = trial.probation.began + 100s;
    trial.exit("web", 1);
    trial.settle();
    CHECK(trial.of("web").phase == Phase::ready);
    CHECK(trial.after(2min).reason == "web does not stay up: exit code 1");
  }
  SUBCASE("early") {
    trial.now = trial.probation.began + 10s;
    trial.exit("web", 1);
    trial.settle();
    CHECK(trial.after(2min).kind == Kind::passed);
  }
}

TEST_CASE("a oneshot counts when it has completed, or still runs without a failure") {
  Trial trial;
  trial.define(oneshot("web"));
  trial.settle();
  SUBCASE("completed") {
    trial.exit("web", 0);
    trial.settle();
    CHECK(trial.after(2min).kind == Kind::passed);
  }
  SUBCASE("running") { CHECK(trial.after(2min).kind == Kind::passed); }
  SUBCASE("failed") {
    trial.now = trial.probation.began + 119s;
    trial.exit("web", 1);
    trial.settle();
    CHECK(trial.after(2min).kind == Kind::failed);
  }
}

TEST_CASE(
    "containers that nobody asked to run, that are gone, or that did not change do not count") {
  Trial trial;
  ContainerSpec web = service("web");
  web.autostart = false;
  trial.define(web);
  trial.define(service("old"));
  trial.probation.containers = {"web", "gone", "stopped"};
  trial.define(service("stopped"));
  trial.settle();
  trial.tell(event::OperatorStop{"stopped"});
  trial.settle();
  trial.now = trial.probation.began + 2min;
  trial.exit("old", 1);
  trial.settle();
  CHECK(trial.after(2min).kind == Kind::passed);
}

TEST_CASE("one that was started by nobody yet, or runs by its former definition, fails it") {
  Trial trial;
  trial.define(service("web"));
  CHECK(trial.after(2min).reason == "web did not start");
  trial.settle();
  trial.edit("web", [](ContainerSpec& spec) { spec.command = {"other"}; });
  CHECK(trial.after(2min).reason == "web is ready by its former definition");
}

TEST_CASE(
    "a oneshot whose time has not come, and a change that waits for its window, do not fail it") {
  Trial trial;
  ContainerSpec job = oneshot("web");
  job.schedule = {*parse_calendar("daily", [](const std::string&) { return false; })};
  trial.define(job);
  trial.settle();
  CHECK(trial.after(2min).kind == Kind::passed);

  Trial held;
  ContainerSpec web = service("web");
  web.update.window = {
      *parse_time_window("Sun 02:00-04:00", [](const std::string&) { return false; })};
  held.define(web);
  held.settle();
  held.edit("web", [](ContainerSpec& spec) { spec.command = {"other"}; });
  held.settle();
  CHECK(held.after(2min).kind == Kind::passed);
}

TEST_CASE("a change that waits for its window does not fail it, whatever else it waits for") {
  Trial trial;
  ContainerSpec web = service("web");
  web.update.window = {
      *parse_time_window("Sun 02:00-04:00", [](const std::string&) { return false; })};
  trial.define(web);
  trial.settle();
  trial.edit("web", [](ContainerSpec& spec) {
    spec.command = {"other"};
    spec.depends_on["none"] = {};
  });
  trial.settle();
  CHECK(waits(trial.desired, trial.observed, trial.now).at("web").find("window") ==
        std::string::npos);
  CHECK(trial.after(2min).kind == Kind::passed);
}

TEST_CASE("what has ended well passes, whether or not its new definition has it run again") {
  Trial trial;
  SUBCASE("a service that is not started again") { trial.define(service("web")); }
  SUBCASE("a oneshot that is completed") {
    ContainerSpec web = service("web");
    web.type = ContainerType::oneshot;
    trial.define(web);
  }
  trial.settle();
  trial.exit("web", 0);
  trial.settle();
  REQUIRE(trial.of("web").phase == Phase::stopped);
  CHECK(trial.after(2min).kind == Kind::passed);
  ContainerSpec other = *trial.desired.containers.at("web");
  other.labels["team"] = "shop";
  trial.define(other);
  trial.settle();
  CHECK(trial.after(2min).kind == Kind::passed);
}

TEST_CASE("without a start limit a service that falls and falls does not pass") {
  Trial trial;
  ContainerSpec web = service("web");
  web.restart.burst = 0;
  web.restart.delay = Duration(0);
  trial.define(web);
  trial.settle();
  for (int second = 1; second < 120; ++second) {
    trial.now = trial.probation.began + std::chrono::seconds(second);
    trial.exit("web", 1);
    trial.settle();
  }
  CHECK(trial.after(2min).kind == Kind::failed);
}
