#include "supervisor/plan/explain.h"

#include "supervisor/plan/attachments.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/damping.h"
#include "supervisor/plan/dependency.h"
#include "supervisor/plan/networks.h"
#include "supervisor/plan/stop.h"
#include "supervisor/plan/units.h"
#include "supervisor/plan/wanted.h"
#include "supervisor/plan/window.h"

namespace berth {

namespace {

using namespace planning;

std::string describe_dependency(const Graph& graph, const Edge& edge) {
  if (edge.unit) return describe_unit(edge);
  const std::string begin = "waits for " + *edge.name;
  if (edge.to == kNowhere || !graph.nodes[edge.to].desired)
    return begin + ", which has no definition";
  const Node& other = graph.nodes[edge.to];
  const ObservedContainer& seen = *other.observed;
  if (seen.intent == Intent::stop) return begin + ", which an operator stopped";
  if (seen.phase == Phase::failed && other.rests) return begin + ", which failed";
  const ContainerSpec& spec = other.spec();
  if (edge.how->condition == DependencyCondition::completed && spec.runs_on()) {
    return begin + " to be completed, which a service never is";
  }
  return begin + " to be " + std::string(name_of(edge.how->condition));
}

std::string describe_networks(const NetworkUses& uses, const ContainerSpec& spec) {
  for (const NetworkAttachment& attachment : attachments_of(spec)) {
    const auto found = uses.find(attachment.name);
    const std::string begin = "waits for network " + attachment.name;
    if (found == uses.end() || !found->second.desired) return begin + ", which has no definition";
    const NetworkUse& use = found->second;
    if (use.usable()) continue;
    if (use.observed && !use.observed->error.empty()) return begin + ": " + use.observed->error;
    return begin;
  }
  return "";
}

std::string describe_wait(const Graph& graph, const NetworkUses& uses, const Node& node) {
  if (!node.will_run || node.observed->busy) return "";
  if (node.observed->running()) {
    // Only a definition that asks for a restart waits for its dependencies.
    if (!node.renewed || node.holds || node.leaving() || changes_of(node).cost < Cost::restart) {
      return node.misses;
    }
  }
  const std::string prefix = node.observed->running() ? "keeps its old definition: " : "";
  if (!node.lacks.empty()) return prefix + node.lacks;
  for (const Edge& edge : graph.desired_edges(node)) {
    if (is_met(graph, edge)) continue;
    return prefix + describe_dependency(graph, edge);
  }
  return node.observed->running() ? "" : describe_networks(uses, node.spec());
}

Graph decided(const DesiredState& desired, const ObservedState& observed, const NetworkUses& uses,
              Instant now) {
  Graph graph = make_graph(desired, observed);
  decide_wanted(graph, desired.shutting_down);
  decide_windows(graph, observed.wall, now);
  decide_damping(graph, now);
  decide_stops(graph, uses, desired.shutting_down);
  return graph;
}

constexpr const char* kDampedSentence =
    "waits before it restarts again: its files change again and again";

}  // namespace

std::map<std::string, std::string> waits(const DesiredState& desired, const ObservedState& observed,
                                         Instant now) {
  const NetworkUses uses = network_uses(desired, observed);
  const Graph graph = decided(desired, observed, uses, now);
  std::map<std::string, std::string> sentences;
  for (const Node& node : graph.nodes) {
    std::string sentence = describe_wait(graph, uses, node);
    if (sentence.empty() && node.damped_until && !node.held_back && node.observed->running()) {
      sentence = kDampedSentence;
    }
    if (sentence.empty() && node.held_back && !node.leaving()) {
      sentence = "keeps its old definition: " + window_sentence(node, observed.wall, now);
    }
    if (!sentence.empty()) sentences.emplace(*node.name, std::move(sentence));
  }
  return sentences;
}

std::set<std::string> held_back(const DesiredState& desired, const ObservedState& observed,
                                Instant now) {
  const Graph graph = decided(desired, observed, network_uses(desired, observed), now);
  std::set<std::string> names;
  for (const Node& node : graph.nodes) {
    if (node.held_back && !node.leaving()) names.insert(*node.name);
  }
  return names;
}

}  // namespace berth
