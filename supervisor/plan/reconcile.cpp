// reconcile, as a table of contents.
#include "supervisor/plan/reconcile.h"

#include <algorithm>

#include "supervisor/plan/check.h"
#include "supervisor/plan/damping.h"
#include "supervisor/plan/files.h"
#include "supervisor/plan/graph.h"
#include "supervisor/plan/networks.h"
#include "supervisor/plan/plan_builder.h"
#include "supervisor/plan/running.h"
#include "supervisor/plan/schedule.h"
#include "supervisor/plan/start.h"
#include "supervisor/plan/stop.h"
#include "supervisor/plan/units.h"
#include "supervisor/plan/view.h"
#include "supervisor/plan/wanted.h"
#include "supervisor/plan/window.h"

namespace berth {

namespace {

using namespace planning;

// The one thing that is to be done for a container now.
void plan_container(PlanBuilder& builder, const Graph& graph, const NetworkUses& uses,
                    const Node& node, bool shutting_down) {
  const ObservedContainer& seen = *node.observed;
  if (seen.busy) return;
  if (!seen.running())
    plan_start(builder, graph, uses, node, shutting_down);
  else if (node.leaving())
    plan_stop(builder, graph, node);
  else
    plan_running(builder, node);
  plan_check(builder, node);
}

}  // namespace

Plan reconcile(const DesiredState& desired, const ObservedState& observed, Instant now) {
  const bool shutting_down = desired.shutting_down;
  PlanBuilder builder(now);
  Graph graph = make_graph(desired, observed);
  NetworkUses uses = network_uses(desired, observed);

  decide_wanted(graph, shutting_down);
  decide_windows(graph, observed.wall, now);
  decide_damping(graph, now);
  decide_stops(graph, uses, shutting_down);
  decide_stop_order(graph);
  add_users(uses, graph);

  for (const Node& node : graph.nodes) plan_container(builder, graph, uses, node, shutting_down);
  std::vector<AppointmentChange> appointments =
      plan_schedules(builder, graph, observed.wall, shutting_down);
  plan_networks(builder, uses, graph, shutting_down);
  plan_view(builder, desired, observed);
  plan_files(builder, desired, observed);
  plan_units(builder, graph, desired, observed);
  Plan plan = std::move(builder).build(observed.next_launch_id);
  plan.appointments = std::move(appointments);
  return plan;
}

bool nothing_left(const ObservedState& observed) {
  const bool containers_gone = std::ranges::all_of(observed.containers, [](const auto& entry) {
    const ObservedContainer& container = entry.second;
    return !container.running() && !container.busy && !container.remains &&
           container.sandbox == Presence::absent;
  });
  const bool networks_gone = std::ranges::all_of(observed.networks, [](const auto& entry) {
    return entry.second.presence == Presence::absent;
  });
  return containers_gone && networks_gone && !observed.view_busy && observed.view.empty() &&
         observed.view.hosts.empty();
}

}  // namespace berth
