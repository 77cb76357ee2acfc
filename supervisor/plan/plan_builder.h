// PlanBuilder: collects the actions of one reconcile in the order in which they are to begin, and
// the instant at which time alone will ask for more.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "supervisor/plan/action.h"

namespace berth::planning {

// Room is made before something new is begun.
enum class Stage : std::uint8_t {
  stop,
  clean_up,
  remove,
  network,
  start,
  update,
  probe,
  view,
  files
};

class PlanBuilder {
 public:
  explicit PlanBuilder(Instant now) : now_(now) {}

  // Within a stage lower `order` first, then as added.
  void add(Stage stage, std::int64_t order, Action action);

  // True when the instant has come or there is none to wait for. Otherwise the plan is to be made
  // again then: to be asked last, when time is all that is missing.
  bool due(const std::optional<Instant>& at);

  [[nodiscard]] Instant now() const { return now_; }

  // Numbers launches and sandboxes in their order, from `next_launch_id` on.
  Plan build(std::uint64_t next_launch_id) &&;

 private:
  struct Entry {
    Stage stage;
    std::int64_t order;
    Action action;
  };
  Instant now_;
  std::vector<Entry> entries_;
  std::optional<Instant> wake_at_;
};

}  // namespace berth::planning
