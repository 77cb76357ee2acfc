#include "supervisor/plan/plan_builder.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace berth::planning {

void PlanBuilder::add(Stage stage, std::int64_t order, Action action) {
  entries_.push_back(Entry{stage, order, std::move(action)});
}

bool PlanBuilder::due(const std::optional<Instant>& at) {
  if (!at || *at <= now_) return true;
  wake_at_ = wake_at_ ? std::min(*wake_at_, *at) : *at;
  return false;
}

Plan PlanBuilder::build(std::uint64_t next_launch_id) && {
  std::ranges::stable_sort(entries_, {},
                           [](const Entry& entry) { return std::tuple(entry.stage, entry.order); });
  Plan plan;
  plan.wake_at = wake_at_;
  plan.actions.reserve(entries_.size());
  for (Entry& entry : entries_) {
    if (auto* launch = std::get_if<action::Launch>(&entry.action.deed)) {
      launch->launch_id = next_launch_id++;
    } else if (auto* sandbox = std::get_if<action::CreateSandbox>(&entry.action.deed)) {
      sandbox->sandbox_id = next_launch_id++;
    }
    plan.actions.push_back(std::move(entry.action));
  }
  return plan;
}

}  // namespace berth::planning
