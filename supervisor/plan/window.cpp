#include "supervisor/plan/window.h"

#include "supervisor/plan/changes.h"

namespace berth::planning {

namespace {

std::string count(std::int64_t number, const std::string& unit) {
  return std::to_string(number) + " " + unit + (number == 1 ? "" : "s");
}

// "in 3 days", in the unit that is short enough.
std::string from_now(Duration duration) {
  using namespace std::chrono;
  if (duration >= days(2)) return "in " + count(round<days>(duration).count(), "day");
  if (duration >= hours(2)) return "in " + count(round<hours>(duration).count(), "hour");
  if (duration >= minutes(2)) return "in " + count(round<minutes>(duration).count(), "minute");
  return "in " + count(ceil<seconds>(duration).count(), "second");
}

}  // namespace

WindowState window_state(const ContainerSpec& spec, const WallClockPtr& clock, Instant now) {
  WindowState state;
  if (spec.update.window.empty()) return state;
  state.open = false;
  state.next = &spec.update.window.front();
  if (!clock) return state;
  const WallTime wall = clock->at(now);
  for (const TimeWindow& window : spec.update.window) {
    const ZoneRules* zone = clock->zone(window.zone);
    if (zone == nullptr) continue;
    if (is_open(window, wall, *zone)) return WindowState();
    const auto opening = next_opening(window, wall, *zone);
    if (!opening || (state.opens_at && *state.opens_at <= *opening)) continue;
    state.opens_at = opening;
    state.opens = clock->instant_of(*opening);
    state.next = &window;
  }
  return state;
}

void decide_windows(Graph& graph, const WallClockPtr& clock, Instant now) {
  for (Node& node : graph.nodes) {
    const bool runs_by_old = node.desired && node.observed->alive() && node.renewed;
    if (!runs_by_old || node.spec().update.window.empty()) continue;
    if (changes_of(node).cost < Cost::restart) continue;
    const WindowState state = window_state(node.spec(), clock, now);
    node.held_back = !state.open;
    node.window_opens = state.opens;
  }
}

SpecPtr live_part(const Node& node) {
  const SpecPtr& running = node.observed->spec;
  auto merged = std::make_shared<const ContainerSpec>(with_live_keys(*running, node.spec()));
  return same(running, merged) ? nullptr : merged;
}

std::string window_sentence(const Node& node, const WallClockPtr& clock, Instant now) {
  const WindowState state = window_state(node.spec(), clock, now);
  if (state.open) return "";
  std::string text = "waits for its update window, " + state.next->text();
  if (state.opens_at) text += " (" + from_now(*state.opens_at - clock->at(now)) + ")";
  return text;
}

}  // namespace berth::planning
