// What a start asks for beyond the container itself.
#include "supervisor/plan/start_request.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

using namespace berth;

namespace {

using Names = std::vector<std::string>;

Stage chain() {
  Stage stage;
  stage.define(service("db"));
  stage.define(needing(oneshot("migrate"), "db"));
  stage.define(needing(needing(service("app"), "migrate", DependencyCondition::completed), "db"));
  return stage;
}

}  // namespace

TEST_CASE("a start asks for the dependencies that an operator stopped, deepest first, each once") {
  Stage stage = chain();
  stage.observed.containers["db"].intent = Intent::stop;
  stage.observed.containers["migrate"].intent = Intent::stop;
  CHECK(start_request(stage.desired, stage.observed, "app") == Names{"db", "migrate", "app"});
}

TEST_CASE(
    "a start asks for failed dependencies, and leaves those alone that run or are completed") {
  Stage stage = chain();
  stage.observed.containers["db"].phase = Phase::failed;
  stage.observed.containers["migrate"].completed = true;
  CHECK(start_request(stage.desired, stage.observed, "app") == Names{"db", "app"});
  stage.observed.containers["db"] = {};
  stage.observed.containers["db"].pid = 7;
  stage.observed.containers["db"].intent = Intent::stop;  // it is being stopped: still up
  CHECK(start_request(stage.desired, stage.observed, "app") == Names{"app"});
}

TEST_CASE("a stopped container is asked for once, and what nobody knows is asked for as it is") {
  Stage stage = chain();
  stage.observed.containers["app"].intent = Intent::stop;
  CHECK(start_request(stage.desired, stage.observed, "app") == Names{"app"});
  CHECK(start_request(stage.desired, stage.observed, "other") == Names{"other"});
}
