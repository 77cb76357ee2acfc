#include "supervisor/plan/start.h"

#include <algorithm>
#include <optional>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/damping.h"
#include "supervisor/plan/reasons.h"

namespace berth::planning {

namespace {

// The sandbox is to go: it exists, wholly or in part, and is of no use as it is.
bool releases_sandbox(const NetworkUses& uses, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (seen.sandbox == Presence::failed) return true;
  if (seen.sandbox != Presence::present) return false;
  return !node.will_run || on_outdated_network(uses, seen) || sandbox_outdated(seen, *node.desired);
}

std::string release_reason(const NetworkUses& uses, const Node& node, bool shutting_down) {
  if (!node.will_run) return rest_reason(node, shutting_down);
  if (node.observed->sandbox == Presence::failed) return "failed";
  if (on_outdated_network(uses, *node.observed)) return "its network is made anew";
  return summary(changes_between(*node.observed->sandbox_spec, node.spec()).keys);
}

void add_removal(PlanBuilder& builder, const Node& node, Deed deed, std::string reason) {
  builder.add(Stage::remove, 0, Action{*node.name, std::move(deed), std::move(reason), {}});
}

// True when something is to be removed before anything else, be it now or later.
bool plan_removal(PlanBuilder& builder, const NetworkUses& uses, const Node& node,
                  bool shutting_down) {
  const ObservedContainer& seen = *node.observed;
  if (seen.remains) {
    if (builder.due(seen.next_removal)) {
      builder.add(Stage::clean_up, 0,
                  Action{*node.name, action::CleanUp{seen.launch_id}, clean_up_reason(node), {}});
    }
    return true;
  }
  if (releases_sandbox(uses, node)) {
    if (builder.due(seen.next_removal)) {
      add_removal(builder, node, action::RemoveSandbox{seen.sandbox_spec, !node.will_run},
                  release_reason(uses, node, shutting_down));
    }
    return true;
  }
  // Writable layers outlive the daemon.
  if (shutting_down) return true;
  if (!node.desired) {
    if (builder.due(seen.next_removal)) {
      add_removal(builder, node, action::RemoveRoot{true}, "definition removed");
    }
    return true;
  }
  if (!node.will_run || !root_outdated(seen, *node.desired)) return false;
  if (builder.due(seen.next_removal)) {
    add_removal(builder, node, action::RemoveRoot{false},
                summary(changes_between(*seen.root_spec, node.spec()).keys));
  }
  return true;
}

// A new definition does not wait for what the old one did wrong; new content of files does when it
// comes again and again.
std::optional<Instant> start_due(const Node& node) {
  const ObservedContainer& seen = *node.observed;
  const bool again = renewed_by_content_alone(node) && seen.content_starts > 0;
  if (node.renewed && !again) return std::nullopt;
  const bool ended_by_itself =
      seen.resting || seen.phase == Phase::backing_off || seen.phase == Phase::failed;
  if (!node.damped_until || !ended_by_itself) return seen.next_start;
  return seen.next_start ? std::max(*seen.next_start, *node.damped_until) : *node.damped_until;
}

}  // namespace

void plan_start(PlanBuilder& builder, const Graph& graph, const NetworkUses& uses, const Node& node,
                bool shutting_down) {
  if (plan_removal(builder, uses, node, shutting_down)) return;
  if (!node.will_run || !node.holds || !networks_usable(uses, node.spec())) return;
  const ObservedContainer& seen = *node.observed;
  if (!builder.due(start_due(node))) return;

  Action action{*node.name, {}, start_reason(graph, node), {}};
  if (seen.sandbox == Presence::absent)
    action.deed = action::CreateSandbox{*node.desired, 0};
  else
    action.deed = action::Launch{*node.desired, 0};
  if (node.renewed) action.changes = changes_of(node).keys;
  builder.add(Stage::start, node.spec().start_order, std::move(action));
}

}  // namespace berth::planning
