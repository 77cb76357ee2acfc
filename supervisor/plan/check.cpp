#include "supervisor/plan/check.h"

#include <numeric>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/reasons.h"

namespace berth::planning {

void plan_check(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (!node.unchecked || node.leaving() || seen.checking) return;
  if (same(seen.check_refused, *node.desired) && !builder.due(seen.next_check)) return;
  std::vector<KeyChange> keys = changes_of(node).keys;
  std::string reason = "before it is stopped: " + summary(keys);
  builder.add(Stage::update, 0,
              Action{*node.name, action::Check{*node.desired}, std::move(reason), std::move(keys)});
}

namespace {

// Sets of nodes that are connected, each told by one of its nodes.
class Groups {
 public:
  explicit Groups(const Graph& graph) : parents_(graph.nodes.size()) {
    std::iota(parents_.begin(), parents_.end(), NodeIndex{0});
    for (NodeIndex index = 0; index < graph.nodes.size(); ++index) {
      const Node& node = graph.nodes[index];
      for (const auto& edges : {graph.desired_edges(node), graph.running_edges(node)}) {
        for (const Edge& edge : edges) {
          if (edge.to != kNowhere) parents_[find(index)] = find(edge.to);
        }
      }
    }
  }

  NodeIndex find(NodeIndex index) {
    while (parents_[index] != index) {
      parents_[index] = parents_[parents_[index]];
      index = parents_[index];
    }
    return index;
  }

 private:
  std::vector<NodeIndex> parents_;
};

// Its first answer is still to come.
bool is_pending(const Node& node) {
  return node.unchecked && !same(node.observed->check_refused, *node.desired);
}

}  // namespace

void group_by_checks(Graph& graph) {
  std::vector<bool> waits(graph.nodes.size());
  Groups groups(graph);
  for (NodeIndex index = 0; index < graph.nodes.size(); ++index) {
    if (is_pending(graph.nodes[index])) waits[groups.find(index)] = true;
  }
  for (NodeIndex index = 0; index < graph.nodes.size(); ++index) {
    graph.nodes[index].awaits_checks = waits[groups.find(index)];
  }
}

std::string check_sentence(const ObservedContainer& seen, const SpecPtr& desired) {
  if (!seen.running() || seen.check_error.empty() || !same(seen.check_refused, desired)) return "";
  return "held back: " + seen.check_error;
}

}  // namespace berth::planning
