#include "supervisor/plan/reasons.h"

#include <algorithm>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/process_end.h"
#include "supervisor/plan/schedule.h"
#include "supervisor/plan/units.h"

namespace berth::planning {

namespace {

constexpr std::size_t kChangesShown = 3;

std::string written(const std::string& value) { return value.empty() ? "unset" : value; }

// A dependency with restart = true that was started after the container, if there is one.
const Edge* restarted_dependency(const Graph& graph, const Node& node) {
  for (const Edge& edge : graph.desired_edges(node)) {
    if (edge.how->restart && edge.to != kNowhere &&
        graph.nodes[edge.to].observed->launch_id > node.observed->launch_id) {
      return &edge;
    }
  }
  return restarted_unit(graph, node);
}

}  // namespace

std::string summary(const std::vector<KeyChange>& changes) {
  std::string text;
  for (std::size_t i = 0; i < std::min(changes.size(), kChangesShown); ++i) {
    if (i > 0) text += ", ";
    const KeyChange& change = changes[i];
    const std::string_view sign = change.after == kContentChanged ? ": " : " -> ";
    text += change.key + ": " + written(change.before) + std::string(sign) + written(change.after);
  }
  if (changes.size() > kChangesShown) {
    text += " and " + std::to_string(changes.size() - kChangesShown) + " more";
  }
  return text;
}

std::string stop_reason(const Graph& graph, const Node& node) {
  const auto through = [&] {
    if (node.stop_unit) return *node.stop_unit;
    return node.stop_through == kNowhere ? std::string() : *graph.nodes[node.stop_through].name;
  };
  switch (node.stop) {
    case StopCause::none: return "";
    case StopCause::shutdown: return "berthd stops";
    case StopCause::removed: return "definition removed";
    case StopCause::operator_stop:
    case StopCause::operator_restart: return "operator";
    case StopCause::not_wanted: return "not wanted: no autostart";
    case StopCause::network: return "its network is made anew";
    case StopCause::dependency_stops: return "dependency " + through() + " stops";
    case StopCause::definition: return summary(changes_of(node).keys);
    case StopCause::dependency_restarted: return "dependency " + through() + " restarted";
    case StopCause::unhealthy: return "unhealthy: " + node.observed->probe_message;
  }
  return "";
}

std::string start_reason(const Graph& graph, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  const bool first_try = seen.attempts == 0;
  if (first_try && is_scheduled(node.spec()) && seen.appointment.due) {
    return seen.appointment.by_operator ? "operator" : "its schedule";
  }
  if (node.renewed) return summary(changes_of(node).keys);
  if (seen.phase == Phase::stopped && seen.last_exit && seen.exited_id == seen.launch_id &&
      machine_end(*seen.spec, *seen.last_exit) == MachineEnd::reboot && !seen.stop_sent_at) {
    return "it rebooted";
  }
  if (seen.phase == Phase::creating && !seen.start_reason.empty()) return seen.start_reason;
  if (seen.attempts > 0 && !seen.error.empty()) {
    return seen.error + ", attempt " + std::to_string(seen.attempts + 1);
  }
  if (const Edge* edge = restarted_dependency(graph, node); edge && seen.launch_id != 0) {
    return "dependency " + *edge->name + " restarted";
  }
  if (node.needed_by != kNowhere) return "needed by " + *graph.nodes[node.needed_by].name;
  if (seen.intent == Intent::run) return "operator";
  return seen.launch_id == 0 ? "new definition" : "to run again";
}

std::string clean_up_reason(const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (seen.exited_id == seen.launch_id && seen.last_exit) return describe(*seen.last_exit);
  return seen.error.empty() ? "left behind" : seen.error;
}

std::string rest_reason(const Node& node, bool shutting_down) {
  const ObservedContainer& seen = *node.observed;
  if (shutting_down) return "berthd stops";
  if (!node.desired) return "definition removed";
  if (!node.wanted) return seen.intent == Intent::stop ? "operator" : "not wanted: no autostart";
  if (seen.completed) return "completed";
  return seen.phase == Phase::failed ? "failed" : "ended";
}

}  // namespace berth::planning
