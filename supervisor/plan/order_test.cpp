#include "supervisor/plan/order.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

std::string order_of(const Stage& stage) {
  const planning::Graph graph = planning::make_graph(stage.desired, stage.observed);
  std::string text;
  for (const planning::NodeIndex index : graph.order) text += *graph.nodes[index].name;
  return text;
}

}  // namespace

TEST_CASE("dependencies come before their dependants, whatever their names") {
  Stage stage;
  stage.define(needing(needing(service("a"), "c"), "d"));
  stage.define(service("b"));
  stage.define(needing(service("c"), "d"));
  stage.define(service("d"));
  CHECK(order_of(stage) == "dcab");
}

TEST_CASE("a cycle is cut at the edge that closes it, and all other edges hold") {
  Stage stage;
  stage.define(needing(service("a"), "b"));
  stage.define(needing(service("b"), "c"));
  stage.define(needing(service("c"), "a"));
  stage.define(needing(service("z"), "c"));
  stage.define(needing(service("y"), "z"));
  CHECK(order_of(stage) == "cbazy");
}

TEST_CASE("a chain of ten thousand is ordered") {
  Stage stage;
  const auto name = [](int i) { return "c" + std::to_string(100000 - i); };
  stage.define(service(name(0)));
  for (int i = 1; i < 10000; ++i) stage.define(needing(service(name(i)), name(i - 1)));
  const planning::Graph graph = planning::make_graph(stage.desired, stage.observed);
  REQUIRE(graph.order.size() == 10000);
  CHECK(*graph.nodes[graph.order.front()].name == name(0));
  CHECK(*graph.nodes[graph.order.back()].name == name(9999));
}

}  // namespace berth
