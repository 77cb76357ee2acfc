#include "supervisor/plan/networks.h"

#include <algorithm>

#include "supervisor/plan/attachments.h"
#include "supervisor/plan/changes.h"

namespace berth::planning {

namespace {

void plan_removal(PlanBuilder& builder, std::string_view name, const NetworkUse& use,
                  bool shutting_down) {
  const char* reason = "no longer used";
  if (shutting_down)
    reason = "berthd stops";
  else if (use.outdated)
    reason = "new definition";
  else if (use.observed->presence == Presence::failed)
    reason = "failed";
  builder.add(Stage::network, 0,
              Action{std::string(name), action::RemoveNetwork{use.observed->spec}, reason, {}});
}

// What exists, wholly or in part, is to go.
bool is_to_go(const NetworkUse& use, bool shutting_down) {
  if (use.observed->presence == Presence::failed || use.outdated || shutting_down) return true;
  return !use.desired && !use.defined_for;
}

void plan_network(PlanBuilder& builder, std::string_view name, const NetworkUse& use,
                  const Graph& graph, bool shutting_down) {
  const Presence presence = use.observed ? use.observed->presence : Presence::absent;
  if (presence == Presence::creating || presence == Presence::removing) return;
  if (presence == Presence::absent) {
    if (use.needed_by == kNowhere || !use.desired) return;
    if (use.observed && !builder.due(use.observed->next_try)) return;
    const std::string& user = *graph.nodes[use.needed_by].name;
    builder.add(
        Stage::network, 0,
        Action{std::string(name), action::CreateNetwork{*use.desired}, "needed by " + user, {}});
    return;
  }
  if (use.used || !is_to_go(use, shutting_down)) return;
  if (!builder.due(use.observed->next_removal)) return;
  plan_removal(builder, name, use, shutting_down);
}

}  // namespace

NetworkUses network_uses(const DesiredState& desired, const ObservedState& observed) {
  NetworkUses uses;
  for (const auto& [name, network] : desired.networks) uses[name].desired = &network;
  for (const auto& [name, network] : observed.networks) {
    NetworkUse& use = uses[name];
    use.observed = &network;
    use.outdated = use.desired && network.presence == Presence::present &&
                   network_outdated(network, **use.desired);
  }
  return uses;
}

void add_users(NetworkUses& uses, const Graph& graph) {
  for (NodeIndex i = 0; i < graph.nodes.size(); ++i) {
    const Node& node = graph.nodes[i];
    if (node.desired) {
      for (const NetworkAttachment& attachment : attachments_of(node.spec())) {
        NetworkUse& use = uses[attachment.name];
        use.defined_for = true;
        if (node.will_run && use.needed_by == kNowhere) use.needed_by = i;
      }
    }
    if (node.observed->sandbox == Presence::absent || !node.observed->sandbox_spec) continue;
    for (const NetworkAttachment& attachment : attachments_of(*node.observed->sandbox_spec)) {
      uses[attachment.name].used = true;
    }
  }
}

bool on_outdated_network(const NetworkUses& uses, const ObservedContainer& container) {
  if (container.sandbox == Presence::absent || !container.sandbox_spec) return false;
  return std::ranges::any_of(attachments_of(*container.sandbox_spec), [&](const auto& attachment) {
    const auto found = uses.find(attachment.name);
    return found != uses.end() && found->second.outdated;
  });
}

bool networks_usable(const NetworkUses& uses, const ContainerSpec& spec) {
  return std::ranges::all_of(attachments_of(spec), [&](const auto& attachment) {
    const auto found = uses.find(attachment.name);
    return found != uses.end() && found->second.usable();
  });
}

void plan_networks(PlanBuilder& builder, const NetworkUses& uses, const Graph& graph,
                   bool shutting_down) {
  for (const auto& [name, use] : uses) plan_network(builder, name, use, graph, shutting_down);
}

}  // namespace berth::planning
