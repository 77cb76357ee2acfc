#include "supervisor/plan/wanted.h"

#include "supervisor/plan/changes.h"
#include "supervisor/plan/schedule.h"

namespace berth::planning {

namespace {

bool wanted_by_itself(const Node& node) {
  if (!node.desired) return false;
  switch (node.observed->intent) {
    case Intent::run: return true;
    case Intent::stop: return false;
    case Intent::none: return node.spec().autostart;
  }
  return false;
}

}  // namespace

void decide_wanted(Graph& graph, bool shutting_down) {
  for (Node& node : graph.nodes) {
    node.wanted = !shutting_down && wanted_by_itself(node);
  }
  // Dependants before their dependencies, so that one pass reaches everything.
  for (auto at = graph.order.rbegin(); at != graph.order.rend(); ++at) {
    Node& node = graph.nodes[*at];
    if (!node.wanted) continue;
    for (const Edge& edge : graph.desired_edges(node)) {
      if (edge.to == kNowhere) continue;
      Node& other = graph.nodes[edge.to];
      if (other.wanted || !other.desired || other.observed->intent == Intent::stop) continue;
      other.wanted = true;
      other.needed_by = *at;
    }
  }
  for (Node& node : graph.nodes) {
    if (!node.desired) continue;
    const ObservedContainer& seen = *node.observed;
    node.redefined = seen.spec && !same(seen.spec, *node.desired);
    node.renewed = node.redefined || (seen.spec && !node.content.empty());
    node.rests = is_scheduled(node.spec()) ? !run_is_pending(seen)
                                           : seen.resting && !new_definition_wakes(node);
    node.will_run = node.wanted && !node.rests;
  }
}

}  // namespace berth::planning
