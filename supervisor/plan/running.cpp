#include "supervisor/plan/running.h"

#include "supervisor/plan/changes.h"
#include "supervisor/plan/reasons.h"

namespace berth::planning {

namespace {

// The definition differs in keys that the running process can take. A definition that was refused
// is tried again after a while, another at once; so is the old one when it is back, because the
// refused one may have been applied in part.
bool plan_update(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (!node.renewed && !seen.update_refused) return false;
  Changes changes = changes_between(*seen.spec, node.spec());
  if (changes.cost >= Cost::restart) return false;  // waits until its dependencies hold
  if (same(seen.update_refused, *node.desired) && !builder.due(seen.next_update)) return false;
  std::string reason = node.renewed ? summary(changes.keys) : "after a refused change";
  builder.add(Stage::update, 0,
              Action{*node.name, action::Update{*node.desired, seen.launch_id}, std::move(reason),
                     std::move(changes.keys)});
  return true;
}

}  // namespace

void plan_running(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (plan_update(builder, node)) return;
  if (seen.probing || !seen.next_probe || !builder.due(seen.next_probe)) return;
  builder.add(Stage::probe, 0,
              Action{*node.name,
                     action::Probe{seen.spec, seen.launch_id},
                     "health check every " + format_duration(seen.spec->healthcheck.interval),
                     {}});
}

}  // namespace berth::planning
