#include "supervisor/plan/damping.h"

#include <algorithm>

#include "supervisor/plan/backoff.h"
#include "supervisor/plan/changes.h"

namespace berth::planning {

namespace {

// After the one that was counted last, the next start for content.
Instant next_content_start(const ObservedContainer& container, const RestartSpec& restart) {
  return container.content_start_at + start_delay(restart, container.content_starts - 1);
}

}  // namespace

void count_content_start(ObservedContainer& container, const ContainerSpec& spec, Instant now) {
  const bool lapsed = container.content_starts > 0 &&
                      now >= next_content_start(container, spec.restart) + spec.restart.reset_after;
  if (container.content_starts == 0 || lapsed) forget_failures(container);
  ++container.content_starts;
  container.content_start_at = now;
}

bool renewed_by_content_alone(const Node& node) { return node.renewed && !node.redefined; }

std::optional<Instant> damped_until(const Node& node, Instant now) {
  const ObservedContainer& seen = *node.observed;
  if (seen.content_starts == 0 || !renewed_by_content_alone(node)) return std::nullopt;
  // A reload takes nothing down.
  if (seen.running() && changes_of(node).cost < Cost::restart) return std::nullopt;
  const RestartSpec& restart = node.spec().restart;
  Instant until = next_content_start(seen, restart);
  if (seen.ready_at) until = std::min(until, *seen.ready_at + restart.reset_after);
  return until > now ? std::optional(until) : std::nullopt;
}

void decide_damping(Graph& graph, Instant now) {
  for (Node& node : graph.nodes) {
    if (node.desired && node.observed->content_starts > 0)
      node.damped_until = damped_until(node, now);
  }
}

}  // namespace berth::planning
