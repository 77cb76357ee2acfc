#include "supervisor/plan/graph.h"

#include <algorithm>
#include <utility>

#include "supervisor/model/references.h"
#include "supervisor/model/unit_name.h"
#include "supervisor/plan/files.h"
#include "supervisor/plan/order.h"

namespace berth::planning {

namespace {

const ObservedContainer kNothingObserved{};

// The union of both maps' names, in order.
std::vector<Node> merge(const DesiredState& desired, const ObservedState& observed) {
  std::vector<Node> nodes;
  nodes.reserve(std::max(desired.containers.size(), observed.containers.size()));
  auto want = desired.containers.begin();
  auto have = observed.containers.begin();
  while (want != desired.containers.end() || have != observed.containers.end()) {
    const bool wants = have == observed.containers.end() ||
                       (want != desired.containers.end() && want->first <= have->first);
    const bool has = want == desired.containers.end() ||
                     (have != observed.containers.end() && have->first <= want->first);
    Node node;
    node.name = wants ? &want->first : &have->first;
    node.desired = wants ? &want->second : nullptr;
    node.observed = has ? &have->second : &kNothingObserved;
    if (wants && refers_to_files(node.spec())) compare_files(node, observed.files);
    nodes.push_back(std::move(node));
    if (wants) ++want;
    if (has) ++have;
  }
  return nodes;
}

const ObservedUnit kUnknownUnit{};

using Units = std::map<std::string, ObservedUnit>;

void add_edges(Graph& graph, const ContainerSpec& spec, const Units& units) {
  for (const auto& [name, how] : spec.depends_on) {
    if (names_unit(name)) {
      const auto found = units.find(name);
      const ObservedUnit& unit = found == units.end() ? kUnknownUnit : found->second;
      graph.edges.push_back(Edge{kNowhere, &unit, &name, &how});
    } else {
      graph.edges.push_back(Edge{graph.find(name), nullptr, &name, &how});
    }
  }
}

void connect(Graph& graph, Node& node, const Units& units) {
  node.desired_begin = static_cast<std::uint32_t>(graph.edges.size());
  if (node.desired) add_edges(graph, node.spec(), units);
  node.desired_end = static_cast<std::uint32_t>(graph.edges.size());
  const SpecPtr& running = node.observed->spec;
  if (!node.observed->alive() || !running) return;
  if (node.desired && *node.desired == running) {
    node.running_begin = node.desired_begin;
    node.running_end = node.desired_end;
    return;
  }
  node.running_begin = static_cast<std::uint32_t>(graph.edges.size());
  add_edges(graph, *running, units);
  node.running_end = static_cast<std::uint32_t>(graph.edges.size());
}

}  // namespace

NodeIndex Graph::find(std::string_view name) const {
  const auto found = std::lower_bound(
      nodes.begin(), nodes.end(), name,
      [](const Node& node, std::string_view wanted) { return *node.name < wanted; });
  if (found == nodes.end() || *found->name != name) return kNowhere;
  return static_cast<NodeIndex>(found - nodes.begin());
}

Graph make_graph(const DesiredState& desired, const ObservedState& observed) {
  Graph graph;
  graph.nodes = merge(desired, observed);
  for (Node& node : graph.nodes) connect(graph, node, observed.units);
  graph.order = desired_order(graph);
  return graph;
}

}  // namespace berth::planning
