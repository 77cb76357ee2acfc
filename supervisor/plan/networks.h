// Which networks are needed, used and outdated, and what is to be done about them.
#pragma once

#include <map>
#include <string_view>
#include <vector>

#include "supervisor/plan/graph.h"
#include "supervisor/plan/plan_builder.h"

namespace berth::planning {

struct NetworkUse {
  const NetworkPtr* desired = nullptr;        // null: it has no definition
  const ObservedNetwork* observed = nullptr;  // null: nothing of it was ever made
  NodeIndex needed_by = kNowhere;             // a container that is to run on it
  bool defined_for = false;                   // some definition names it
  bool used = false;                          // a sandbox is attached to it
  bool outdated = false;                      // it exists, but not as its definition says

  [[nodiscard]] bool usable() const {
    return observed && observed->presence == Presence::present && !outdated;
  }
};
using NetworkUses = std::map<std::string_view, NetworkUse>;

// What is desired and observed of each network. The uses by containers come with add_users, when
// it is decided which of them will run.
NetworkUses network_uses(const DesiredState& desired, const ObservedState& observed);
void add_users(NetworkUses& uses, const Graph& graph);

// True when a network that the container's sandbox is attached to must be made anew.
bool on_outdated_network(const NetworkUses& uses, const ObservedContainer& container);
// All networks of the definition can be attached to.
bool networks_usable(const NetworkUses& uses, const ContainerSpec& spec);

// Makes what is needed, removes what is not. A network that failed is removed, then made again.
void plan_networks(PlanBuilder& builder, const NetworkUses& uses, const Graph& graph,
                   bool shutting_down);

}  // namespace berth::planning
