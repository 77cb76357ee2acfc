#include "supervisor/plan/order.h"

#include <span>

namespace berth::planning {

namespace {

using EdgesOf = std::span<const Edge> (Graph::*)(const Node&) const;

enum class Mark : std::uint8_t { unseen, open, done };

// A node whose edges are being followed.
struct Visit {
  NodeIndex node;
  std::uint32_t next;
};

// Depth first, with a stack of its own: chains may be as long as there are containers. An edge to
// a node that is still open closes a cycle and is passed over.
std::vector<NodeIndex> dependencies_first(const Graph& graph, EdgesOf edges_of) {
  const auto count = static_cast<NodeIndex>(graph.nodes.size());
  std::vector<Mark> marks(count, Mark::unseen);
  std::vector<NodeIndex> order;
  order.reserve(count);
  std::vector<Visit> open;
  const auto enter = [&](NodeIndex node) {
    if (node == kNowhere || marks[node] != Mark::unseen) return;
    marks[node] = Mark::open;
    open.push_back(Visit{node, 0});
  };
  for (NodeIndex start = 0; start < count; ++start) {
    enter(start);
    while (!open.empty()) {
      Visit& visit = open.back();
      const std::span<const Edge> edges = (graph.*edges_of)(graph.nodes[visit.node]);
      if (visit.next < edges.size()) {
        enter(edges[visit.next++].to);
      } else {
        marks[visit.node] = Mark::done;
        order.push_back(visit.node);
        open.pop_back();
      }
    }
  }
  return order;
}

}  // namespace

std::vector<NodeIndex> desired_order(const Graph& graph) {
  return dependencies_first(graph, &Graph::desired_edges);
}

std::vector<std::uint32_t> running_ranks(const Graph& graph) {
  std::vector<std::uint32_t> ranks(graph.nodes.size());
  std::uint32_t rank = 0;
  for (const NodeIndex node : dependencies_first(graph, &Graph::running_edges))
    ranks[node] = rank++;
  return ranks;
}

}  // namespace berth::planning
