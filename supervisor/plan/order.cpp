#include "supervisor/plan/order.h"

namespace berth::planning {

namespace {

// Calls visit(edge) for each edge of the node, those that are in both ranges once.
template <class Visit>
void for_each_edge(const Graph& graph, const Node& node, Visit visit) {
  for (const Edge& edge : graph.desired_edges(node)) visit(edge);
  if (node.running_begin == node.desired_begin && node.running_end == node.desired_end) return;
  for (const Edge& edge : graph.running_edges(node)) visit(edge);
}

// Who depends on whom, as one array with an offset for each node.
struct Dependants {
  std::vector<std::uint32_t> begin;
  std::vector<NodeIndex> who;
};

Dependants dependants_of(const Graph& graph) {
  Dependants result;
  result.begin.assign(graph.nodes.size() + 1, 0);
  for (const Node& node : graph.nodes) {
    for_each_edge(graph, node, [&](const Edge& edge) {
      if (edge.to != kNowhere) ++result.begin[edge.to + 1];
    });
  }
  for (std::size_t i = 1; i < result.begin.size(); ++i) result.begin[i] += result.begin[i - 1];
  result.who.resize(result.begin.back());
  std::vector<std::uint32_t> next(result.begin.begin(), result.begin.end() - 1);
  for (NodeIndex i = 0; i < graph.nodes.size(); ++i) {
    for_each_edge(graph, graph.nodes[i], [&](const Edge& edge) {
      if (edge.to != kNowhere) result.who[next[edge.to]++] = i;
    });
  }
  return result;
}

}  // namespace

void set_order(Graph& graph) {
  const auto count = static_cast<NodeIndex>(graph.nodes.size());
  const Dependants dependants = dependants_of(graph);
  std::vector<std::uint32_t> missing(count, 0);  // dependencies that have no rank yet
  graph.order.clear();
  graph.order.reserve(count);
  for (NodeIndex i = 0; i < count; ++i) {
    for_each_edge(graph, graph.nodes[i], [&](const Edge& edge) {
      if (edge.to != kNowhere) ++missing[i];
    });
    if (missing[i] == 0) graph.order.push_back(i);
  }
  for (std::size_t done = 0; done < graph.order.size(); ++done) {
    const NodeIndex node = graph.order[done];
    for (std::uint32_t at = dependants.begin[node]; at < dependants.begin[node + 1]; ++at) {
      if (--missing[dependants.who[at]] == 0) graph.order.push_back(dependants.who[at]);
    }
  }
  for (NodeIndex i = 0; i < count; ++i) {
    if (missing[i] > 0) graph.order.push_back(i);
  }
  for (std::uint32_t rank = 0; rank < count; ++rank) graph.nodes[graph.order[rank]].rank = rank;
}

}  // namespace berth::planning
