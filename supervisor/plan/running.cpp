#include "supervisor/plan/running.h"

#include <algorithm>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/reasons.h"
#include "supervisor/plan/window.h"

namespace berth::planning {

namespace {

// The definition differs in keys that the running process can take. A definition that was refused
// is tried again after a while, another at once; so is the old one when it is back, because the
// refused one may have been applied in part.
bool plan_update(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  const bool differs = node.redefined;
  if (!differs && !seen.update_refused) return false;
  SpecPtr wanted = *node.desired;
  if (node.held_back) {
    wanted = live_part(node);
    if (!wanted) return false;
  } else if (changes_of(node).cost >= Cost::restart) {
    return false;  // waits until its dependencies hold
  }
  Changes changes = changes_between(*seen.spec, *wanted);
  if (same(seen.update_refused, wanted) && !builder.due(seen.next_update)) return false;
  std::string reason = differs ? summary(changes.keys) : "after a refused change";
  builder.add(Stage::update, 0,
              Action{*node.name, action::Update{std::move(wanted), seen.launch_id},
                     std::move(reason), std::move(changes.keys)});
  return true;
}

// As soon as its check has succeeded, or those of others have.
bool restarts_soon(const Node& node) {
  return node.for_definition && !same(node.observed->check_refused, *node.desired);
}

// Watched files changed, and the process has a signal for that, by the definition that it runs by.
// What else changed may wait for its window, its dependencies or what it needs of the host; unless
// it comes at once. A process that is still starting may not listen to the signal yet.
bool plan_reload(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  const bool is_starting = seen.phase == Phase::starting && node.spec().runs_on();
  if (node.content.empty() || is_starting || restarts_soon(node)) return false;
  if (!seen.spec || !seen.spec->update.reload) return false;
  action::Reload reload{seen.launch_id, *seen.spec->update.reload, {}};
  std::vector<KeyChange> keys;
  const std::vector<std::string>& watched = seen.spec->update.watch;
  for (const ContentChange& content : node.content) {
    const bool is_watched = std::ranges::find(watched, content.path) != watched.end();
    // One that is an env_file or a secret, too, asks for the restart.
    const bool restarts = std::ranges::any_of(node.content, [&](const ContentChange& other) {
      return other.path == content.path && other.change.cost != Cost::reload;
    });
    if (restarts || !is_watched) continue;
    reload.files[content.path] = content.digest;
    keys.push_back(content.change);
  }
  if (keys.empty()) return false;
  std::string reason = summary(keys);
  builder.add(Stage::update, 0,
              Action{*node.name, std::move(reload), std::move(reason), std::move(keys)});
  return true;
}

}  // namespace

void plan_running(PlanBuilder& builder, const Node& node) {
  const ObservedContainer& seen = *node.observed;
  if (node.held_back && node.window_opens) builder.due(node.window_opens);
  if (node.damped_until && !node.held_back) builder.due(node.damped_until);
  if (plan_update(builder, node) || plan_reload(builder, node)) return;
  if (seen.probing || !seen.next_probe || !builder.due(seen.next_probe)) return;
  builder.add(Stage::probe, 0,
              Action{*node.name,
                     action::Probe{seen.spec, seen.launch_id},
                     "health check every " + format_duration(seen.spec->healthcheck.interval),
                     {}});
}

}  // namespace berth::planning
