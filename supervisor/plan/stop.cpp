#include "supervisor/plan/stop.h"

#include <algorithm>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/check.h"
#include "supervisor/plan/dependency.h"
#include "supervisor/plan/order.h"
#include "supervisor/plan/reasons.h"
#include "supervisor/plan/units.h"

namespace berth::planning {

namespace {

bool by_wish(StopCause cause) { return cause != StopCause::none && cause != StopCause::unhealthy; }

bool restarts_with(const ContainerSpec& spec, const std::string& dependency) {
  const auto found = spec.depends_on.find(dependency);
  return found != spec.depends_on.end() && found->second.restart;
}

// A dependency with restart = true for which `matches` holds. It has to be one of the definition
// as well as of what runs: one that was just given up counts no more, and one that comes with a
// definition not taken up yet does not count yet.
template <class Matches>
NodeIndex find_restarting(const Graph& graph, const Node& node, Matches matches) {
  for (const Edge& edge : graph.desired_edges(node)) {
    if (!edge.how->restart || edge.to == kNowhere || !matches(graph.nodes[edge.to])) continue;
    const SpecPtr& running = node.observed->spec;
    if (!node.renewed || (running && restarts_with(*running, *edge.name))) return edge.to;
  }
  return kNowhere;
}

// Causes that do not ask whether the container can start again.
StopCause unconditional_cause(const Node& node, const NetworkUses& uses, bool shutting_down) {
  const ObservedContainer& seen = *node.observed;
  if (shutting_down) return StopCause::shutdown;
  if (!node.desired) return StopCause::removed;
  if (!node.wanted) {
    return seen.intent == Intent::stop ? StopCause::operator_stop : StopCause::not_wanted;
  }
  if (seen.restart_requested) return StopCause::operator_restart;
  if (on_outdated_network(uses, seen)) return StopCause::network;
  return StopCause::none;
}

// With policy "no" there is no restart, so a failed health check asks for none either.
bool health_asks(const Node& node) {
  const ObservedContainer& seen = *node.observed;
  return seen.health == Health::unhealthy && seen.spec &&
         seen.spec->healthcheck.on_failure == HealthAction::restart &&
         seen.spec->restart.policy != RestartPolicy::no;
}

void decide_stop(const Graph& graph, const NetworkUses& uses, bool shutting_down, Node& node) {
  const ObservedContainer& seen = *node.observed;
  node.stop = unconditional_cause(node, uses, shutting_down);
  if (node.stop != StopCause::none) return;
  node.stop_through = find_restarting(graph, node, [](const Node& other) {
    return other.leaving() && (by_wish(other.stop) ||
                               (other.observed->stop_sent_at && !other.observed->stop_unhealthy));
  });
  if (node.stop_through != kNowhere) {
    node.stop = StopCause::dependency_stops;
    return;
  }
  if (node.holds && node.renewed && !node.held_back && !node.damped_until &&
      changes_of(node).cost >= Cost::restart) {
    node.for_definition = true;
    const bool checked = same(seen.checked, *node.desired);
    if (checked && !node.awaits_checks) {
      node.stop = StopCause::definition;
      return;
    }
    node.unchecked = !checked;
  }
  if (node.holds) {
    node.stop_through = find_restarting(graph, node, [&seen](const Node& other) {
      return other.observed->launch_id > seen.launch_id;
    });
    if (node.stop_through == kNowhere) {
      if (const Edge* unit = restarted_unit(graph, node)) node.stop_unit = unit->name;
    }
    if (node.stop_through != kNowhere || node.stop_unit) {
      node.stop = StopCause::dependency_restarted;
    }
  }
  if (node.stop == StopCause::none && health_asks(node)) node.stop = StopCause::unhealthy;
}

void plan_kill(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  const Duration timeout = seen.spec ? seen.spec->stop_timeout : Duration(0);
  const Instant at =
      seen.kill_sent_at ? *seen.kill_sent_at + kKillInterval : *seen.stop_sent_at + timeout;
  if (!builder.due(at)) return;
  std::string reason = seen.kill_sent_at
                           ? "still there " + format_duration(kKillInterval) + " after SIGKILL"
                           : "did not stop within " + format_duration(timeout);
  builder.add(Stage::stop, 0,
              Action{*node.name, action::Kill{seen.launch_id}, std::move(reason), {}});
}

// What is to stop as soon as its check has succeeded is no ground to start on.
bool relies_on_checked(const Graph& graph, const Node& node) {
  return std::ranges::any_of(graph.desired_edges(node), [&graph](const Edge& edge) {
    if (edge.to == kNowhere) return false;
    const Node& other = graph.nodes[edge.to];
    return other.for_definition && other.awaits_checks;
  });
}

void decide_each_stop(Graph& graph, const NetworkUses& uses, bool shutting_down) {
  for (const NodeIndex index : graph.order) {
    Node& node = graph.nodes[index];
    node.holds = node.desired && node.lacks.empty() && all_met(graph, node) &&
                 (node.observed->alive() || !relies_on_checked(graph, node));
    if (node.observed->alive()) decide_stop(graph, uses, shutting_down, node);
  }
}

}  // namespace

// First as if every check were still to come, which tells what is to be checked at all.
void decide_stops(Graph& graph, const NetworkUses& uses, bool shutting_down) {
  decide_each_stop(graph, uses, shutting_down);
  if (std::ranges::none_of(graph.nodes, &Node::for_definition)) return;
  group_by_checks(graph);
  for (Node& node : graph.nodes) {
    node.stop = StopCause::none;
    node.stop_through = kNowhere;
    node.stop_unit = nullptr;
    node.unchecked = false;
  }
  decide_each_stop(graph, uses, shutting_down);
}

void decide_stop_order(Graph& graph) {
  if (std::ranges::none_of(graph.nodes, &Node::leaving)) return;
  const std::vector<std::uint32_t> ranks = running_ranks(graph);
  for (NodeIndex index = 0; index < graph.nodes.size(); ++index) {
    const Node& node = graph.nodes[index];
    if (!node.leaving()) continue;
    for (const Edge& edge : graph.running_edges(node)) {
      if (edge.to != kNowhere && ranks[edge.to] < ranks[index]) {
        graph.nodes[edge.to].stop_waits = true;
      }
    }
  }
}

void plan_stop(PlanBuilder& builder, const Graph& graph, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (seen.stop_sent_at) return plan_kill(builder, node);
  if (node.stop_waits) return;
  const Signal signal = seen.spec ? seen.spec->stop_signal : Signal();
  Action action{*node.name,
                action::Stop{seen.launch_id, signal, node.stop == StopCause::unhealthy},
                stop_reason(graph, node),
                {}};
  if (node.stop == StopCause::definition) {
    action.changes = changes_of(node).keys;
  }
  if (node.stop_through != kNowhere) action.follows = *graph.nodes[node.stop_through].name;
  const std::int64_t order = node.desired ? -node.spec().start_order : 0;
  builder.add(Stage::stop, order, std::move(action));
}

}  // namespace berth::planning
