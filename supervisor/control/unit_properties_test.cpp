#include "supervisor/control/unit_properties.h"

#include <csignal>

#include <doctest/doctest.h>

namespace berth::control {

namespace {

UnitProperties oneshot_that(std::string_view active_state, std::string_view sub_state) {
  UnitProperties properties;
  properties.active_state = active_state;
  properties.sub_state = sub_state;
  properties.type = "oneshot";
  properties.result = "success";
  return properties;
}

UnitProperties oneshot_that_ran() {
  UnitProperties properties = oneshot_that("inactive", "dead");
  properties.main_code = CLD_EXITED;
  properties.main_ended_at = 70;
  return properties;
}

}  // namespace

TEST_CASE("what reloads is active, and a word that nobody knows is not") {
  UnitProperties properties;
  for (const std::string_view active : {"active", "reloading", "refreshing"}) {
    properties.active_state = active;
    CHECK(unit_state_of(properties).activity == UnitActivity::active);
  }
  properties.active_state = "maintenance";
  CHECK(unit_state_of(properties).activity == UnitActivity::inactive);
  properties.active_state = "failed";
  CHECK(unit_state_of(properties).activity == UnitActivity::failed);
}

TEST_CASE("a oneshot is completed when it ran and ended well by itself") {
  CHECK(unit_state_of(oneshot_that_ran()).completed);
  CHECK(unit_state_of(oneshot_that_ran()).activation == 70);
  CHECK_FALSE(unit_state_of(oneshot_that("inactive", "dead")).completed);  // it never ran
  CHECK_FALSE(unit_state_of(oneshot_that("activating", "start")).completed);

  UnitProperties failed = oneshot_that_ran();
  failed.active_state = "failed";
  failed.result = "exit-code";
  CHECK_FALSE(unit_state_of(failed).completed);

  UnitProperties stopped = oneshot_that_ran();
  stopped.main_code = CLD_KILLED;
  CHECK_FALSE(unit_state_of(stopped).completed);
}

TEST_CASE("what remains active after its exit is completed until it is stopped") {
  UnitProperties properties = oneshot_that_ran();
  properties.remain_after_exit = true;
  CHECK_FALSE(unit_state_of(properties).completed);
  properties.active_state = "active";
  properties.sub_state = "exited";
  properties.active_since = 80;
  CHECK(unit_state_of(properties).completed);
  CHECK(unit_state_of(properties).activation == 80);
}

TEST_CASE("a service that stays is never completed") {
  UnitProperties properties;
  properties.type = "notify";
  properties.active_state = "active";
  properties.sub_state = "running";
  CHECK_FALSE(unit_state_of(properties).completes);
  CHECK_FALSE(unit_state_of(properties).completed);
  properties.active_state = "inactive";
  properties.result = "success";
  properties.main_code = CLD_EXITED;
  properties.main_ended_at = 70;
  CHECK_FALSE(unit_state_of(properties).completed);
}

}  // namespace berth::control
