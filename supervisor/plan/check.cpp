#include "supervisor/plan/check.h"

#include "supervisor/plan/changes.h"
#include "supervisor/plan/reasons.h"

namespace berth::planning {

void plan_check(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (!node.unchecked || node.leaving() || seen.checking) return;
  if (same(seen.check_refused, *node.desired) && !builder.due(seen.next_check)) return;
  std::vector<KeyChange> keys = changes_of(node).keys;
  std::string reason = "before it is stopped: " + summary(keys);
  builder.add(Stage::update, 0,
              Action{*node.name, action::Check{*node.desired}, std::move(reason), std::move(keys)});
}

std::string check_sentence(const ObservedContainer& seen, const SpecPtr& desired) {
  if (!seen.running() || seen.check_error.empty() || !same(seen.check_refused, desired)) return "";
  return "held back: " + seen.check_error;
}

}  // namespace berth::planning
