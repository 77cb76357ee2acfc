#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

std::string forecast_of(const Stage& stage) {
  std::string text;
  for (const Action& action : forecast(stage.desired, stage.observed, stage.now)) {
    if (std::holds_alternative<action::ApplyView>(action.deed)) continue;
    text += (text.empty() ? "" : "; ") + std::string(name_of(action.deed)) + " " + action.subject;
  }
  return text;
}

}  // namespace

TEST_CASE("the forecast goes through oneshots and health checks to the end") {
  Stage stage;
  stage.define(oneshot("prepare"));
  stage.define(needing(probed("db"), "prepare", DependencyCondition::completed));
  stage.define(needing(service("web"), "db", DependencyCondition::healthy));
  CHECK(forecast_of(stage) ==
        "create-network default; create-sandbox prepare; launch prepare; clean-up prepare; "
        "create-sandbox db; remove-sandbox prepare; launch db; create-sandbox web; launch web");
}

TEST_CASE("nothing is forecast where nothing is to be done") {
  Stage stage;
  stage.define(probed("web"));
  stage.settle();
  stage.now += 100ms;
  stage.settle();
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK(forecast_of(stage) == "");
}

TEST_CASE("what is under way counts as done") {
  Stage stage;
  stage.define(service("web"));
  stage.turn();
  stage.succeed();
  stage.turn();
  CHECK(forecast_of(stage) == "launch web");
}

TEST_CASE("the forecast of a change, a removal and a shutdown") {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(service("web"), "db", DependencyCondition::started, true));
  stage.settle();
  stage.edit("db", [](ContainerSpec& spec) { spec.command = {"other"}; });
  CHECK(forecast_of(stage) ==
        "check db; stop web; stop db; clean-up web; clean-up db; launch db; launch web");
  stage.remove("web");
  stage.edit("db", [](ContainerSpec& spec) { spec.command = {"run"}; });
  CHECK(forecast_of(stage) == "stop web; clean-up web; remove-sandbox web; remove-root web");
  stage.desired.shutting_down = true;
  CHECK(forecast_of(stage) ==
        "stop web; stop db; clean-up web; clean-up db; remove-sandbox web; remove-sandbox db; "
        "remove-network default");
}

TEST_CASE("a backoff is waited for in the forecast") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.exit("web", 1);
  CHECK(forecast_of(stage) == "clean-up web; launch web");
}

}  // namespace berth
