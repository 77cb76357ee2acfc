#include <algorithm>

#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/preview.h"
#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

const std::string kMount = "systemd:srv-media.mount";
const std::string kJob = "systemd:prepare.service";

UnitState is(UnitActivity activity, std::uint64_t activation = 0) {
  return UnitState{.activity = activity, .activation = activation};
}

Stage with_app(DependencyCondition condition = DependencyCondition::started, bool restart = false,
               const std::string& unit = kMount) {
  Stage stage;
  stage.define(needing(service("app"), unit, condition, restart));
  return stage;
}

std::string waiting(const Stage& stage) {
  const auto sentences = waits(stage.desired, stage.observed);
  const auto found = sentences.find("app");
  return found == sentences.end() ? "" : found->second;
}

}  // namespace

TEST_CASE("a container starts when the unit that it depends on is active") {
  Stage stage = with_app();
  stage.host_units[kMount] = is(UnitActivity::activating);
  CHECK(stage.settle() == "create-network default");
  CHECK(waiting(stage) == "waits for systemd:srv-media.mount (activating)");
  stage.set_unit(kMount, is(UnitActivity::active, 7));
  CHECK(stage.settle() == "create-sandbox app; launch app");
  CHECK(waiting(stage).empty());
}

TEST_CASE("an inactive unit is started for the container that waits for it, once") {
  Stage stage = with_app();
  CHECK(stage.turn() == "create-network default");
  stage.succeed();
  CHECK(stage.turn() == "start-unit systemd:srv-media.mount");
  CHECK(stage.last_reason() == "needed by app");
  CHECK(stage.turn().empty());
  stage.succeed();
  CHECK(stage.settle() == "create-sandbox app; launch app");
  stage.set_unit(kMount, is(UnitActivity::inactive, 1));
  CHECK(stage.settle().empty());
}

TEST_CASE("nothing is started for a container that is not to run") {
  Stage stage = with_app();
  stage.edit("app", [](ContainerSpec& spec) { spec.autostart = false; });
  CHECK(stage.settle() == "");
  stage.tell(event::OperatorStart{"app"});
  CHECK(stage.settle() ==
        "create-network default; start-unit systemd:srv-media.mount; create-sandbox app; "
        "launch app");
}

TEST_CASE("a unit that does not start is tried again after a while, and why is told") {
  Stage failing = with_app();
  failing.turn();
  failing.succeed();
  failing.turn();
  failing.set_unit(kMount, is(UnitActivity::failed));
  failing.fail("a unit that it needs did not start");
  CHECK(waiting(failing) ==
        "waits for systemd:srv-media.mount (failed): a unit that it needs did not start");
  failing.now += 900ms;
  CHECK(failing.turn().find("start-unit") == std::string::npos);
  CHECK(failing.wake_at() == failing.now + 100ms);
  failing.now += 100ms;
  CHECK(failing.turn().find("start-unit systemd:srv-media.mount") != std::string::npos);
  CHECK(failing.observed.units.at(kMount).requests == 2);
  failing.succeed();
  CHECK(failing.observed.units.at(kMount).requests == 0);
  CHECK(failing.observed.units.at(kMount).error.empty());
}

TEST_CASE("a start after which the unit is still inactive is not repeated at once") {
  Stage stage = with_app();
  stage.turn();
  stage.succeed();
  CHECK(stage.turn() == "start-unit systemd:srv-media.mount");
  stage.pending.clear();
  stage.tell(event::UnitStarted{kMount});  // its conditions were not met
  CHECK(stage.turn().empty());
  CHECK(stage.wake_at() == stage.now + 1s);
}

TEST_CASE("where systemd does not run the container waits, and says so") {
  Stage stage = with_app();
  stage.host_units[kMount] = UnitState{.problem = "it needs systemd, which does not run here"};
  CHECK(stage.settle() == "create-network default");
  CHECK(waiting(stage) ==
        "waits for systemd:srv-media.mount: it needs systemd, which does not run here");
}

TEST_CASE("a unit that stops, or is lost from sight, ends nothing that runs") {
  for (const bool restart : {false, true}) {
    Stage stage = with_app(DependencyCondition::started, restart);
    stage.settle();
    for (const UnitState& state :
         {is(UnitActivity::deactivating, 1), is(UnitActivity::inactive, 1), UnitState{},
          is(UnitActivity::failed, 1), UnitState{.problem = "lost"}, is(UnitActivity::active, 1)}) {
      stage.set_unit(kMount, state);
      CHECK(stage.settle().empty());
    }
  }
}

TEST_CASE("with restart = true a unit that was started anew restarts the container") {
  Stage stage = with_app(DependencyCondition::started, true);
  stage.settle();
  stage.set_unit(kMount, is(UnitActivity::inactive, 1));
  stage.set_unit(kMount, is(UnitActivity::active, 2));
  CHECK(stage.turn() == "stop app");
  CHECK(stage.last_reason() == "dependency systemd:srv-media.mount restarted");
  stage.succeed();
  CHECK(stage.settle() == "clean-up app; launch app");
  CHECK(stage.last_reason() == "dependency systemd:srv-media.mount restarted");
  CHECK(stage.settle().empty());

  Stage plain = with_app();
  plain.settle();
  plain.set_unit(kMount, is(UnitActivity::active, 2));
  CHECK(plain.settle().empty());
}

TEST_CASE("a dependency that is given to a running container counts from then on") {
  Stage stage;
  stage.define(service("app"));
  stage.settle();
  stage.host_units[kMount] = is(UnitActivity::active, 5);
  stage.define(needing(service("app"), kMount, DependencyCondition::started, true));
  CHECK(stage.settle() == "update app");
  stage.set_unit(kMount, is(UnitActivity::active, 6));
  CHECK(stage.turn() == "stop app");
}

TEST_CASE("completed waits for the end of a oneshot's work") {
  Stage stage = with_app(DependencyCondition::completed, false, kJob);
  UnitState state = is(UnitActivity::activating);
  state.completes = true;
  stage.host_units[kJob] = state;
  stage.settle();
  CHECK(waiting(stage) == "waits for systemd:prepare.service to be completed (activating)");
  state.activity = UnitActivity::inactive;
  state.completed = true;
  stage.set_unit(kJob, state);
  CHECK(stage.settle() == "create-sandbox app; launch app");
}

TEST_CASE("a service that is never completed is not waited for without a word") {
  Stage stage = with_app(DependencyCondition::completed, false, kJob);
  stage.host_units[kJob] = is(UnitActivity::active, 1);
  CHECK(stage.settle() == "create-network default");
  CHECK(waiting(stage) ==
        "waits for systemd:prepare.service to be completed, which only a service of Type=oneshot "
        "ever is");
}

TEST_CASE("what depends on a container does not pass the unit by that the container waits for") {
  Stage stage = with_app();
  stage.define(needing(service("web"), "app"));
  stage.host_units[kMount] = is(UnitActivity::activating);
  stage.settle();
  CHECK(stage.observed.containers["web"].launch_id == 0);
  stage.set_unit(kMount, is(UnitActivity::active, 1));
  CHECK(stage.settle() == "create-sandbox app; launch app; create-sandbox web; launch web");
}

TEST_CASE("units that no definition names any more are not watched, and forgotten") {
  Stage stage = with_app();
  stage.settle();
  CHECK(stage.observed.watched_units == std::set<std::string>{kMount});
  stage.define(service("app"));
  stage.settle();
  CHECK(stage.observed.watched_units.empty());
  CHECK(stage.observed.units.empty());
  stage.tell(event::UnitsTold{{{kMount, is(UnitActivity::active)}}});
  CHECK(stage.observed.units.empty());
}

TEST_CASE("a plan shows the units that it starts, and what waits for one that cannot be had") {
  Stage stage = with_app();
  DesiredState nothing = stage.desired;
  nothing.containers.clear();
  stage.observed.watched_units = {kMount};
  stage.tell(event::UnitsTold{{{kMount, is(UnitActivity::inactive)}}});
  const Preview starts = preview(nothing, stage.desired, stage.observed, stage.now);
  REQUIRE(starts.items.size() == 3);
  const auto unit = std::ranges::find(starts.items, kMount, &PreviewItem::name);
  REQUIRE(unit != starts.items.end());
  CHECK(unit->is_unit);
  CHECK(unit->fate == Fate::start);
  CHECK(unit->reason == "needed by app");

  stage.tell(event::UnitsTold{{{kMount, UnitState{.problem = "it needs systemd"}}}});
  const Preview held = preview(nothing, stage.desired, stage.observed, stage.now);
  const auto app = std::ranges::find(held.items, "app", &PreviewItem::name);
  REQUIRE(app != held.items.end());
  CHECK(app->fate == Fate::wait);
  CHECK(app->reason == "waits for systemd:srv-media.mount: it needs systemd");
}

}  // namespace berth
