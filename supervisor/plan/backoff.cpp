#include "supervisor/plan/backoff.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "supervisor/base/units.h"

namespace berth::planning {

namespace {

void stay_down(ObservedContainer& container, std::string error) {
  container.phase = Phase::failed;
  container.resting = true;
  container.next_start.reset();
  container.error = std::move(error);
}

void drop_old_failures(ObservedContainer& container, Instant now) {
  const Duration interval = container.spec->restart.interval;
  while (!container.failures.empty() && now - container.failures.front() > interval) {
    container.failures.pop_front();
  }
}

}  // namespace

Duration start_delay(const RestartSpec& restart, unsigned attempts) {
  const Duration least = std::min(restart.delay, restart.max_delay);
  if (least <= Duration(0)) return Duration(0);
  // Compared as floating point: the product may be far beyond what a Duration holds.
  const double delay = static_cast<double>(restart.delay.count()) *
                       std::pow(std::max(restart.factor, 1.0), static_cast<double>(attempts));
  if (!(delay < static_cast<double>(restart.max_delay.count()))) return restart.max_delay;
  return Duration(static_cast<Duration::rep>(delay));
}

Duration retry_delay(unsigned failures, Duration most) {
  constexpr unsigned kMaxShift = 16;
  const unsigned shift = std::min(failures == 0 ? 0 : failures - 1, kMaxShift);
  return std::min<Duration>(std::chrono::seconds(std::int64_t{1} << shift), most);
}

void record_failure(ObservedContainer& container, std::string why, Instant now) {
  const RestartSpec& restart = container.spec->restart;
  if (container.ready_at && now - *container.ready_at >= restart.reset_after) {
    forget_failures(container);
  }
  if (restart.policy == RestartPolicy::no) return stay_down(container, std::move(why));
  drop_old_failures(container, now);
  container.failures.push_back(now);
  const auto burst = static_cast<std::size_t>(std::max<std::int64_t>(restart.burst, 0));
  if (burst > 0 && container.failures.size() >= burst) {
    return stay_down(container, std::to_string(container.failures.size()) + " failures within " +
                                    format_duration(restart.interval) + "; last: " + why);
  }
  // Without a limit nobody counts them; the last one says when it fell.
  while (burst == 0 && container.failures.size() > 1) container.failures.pop_front();
  container.phase = Phase::backing_off;
  container.next_start = now + start_delay(restart, container.attempts);
  ++container.attempts;
  container.error = std::move(why);
}

void forget_failures(ObservedContainer& container) {
  container.attempts = 0;
  container.failures.clear();
  container.content_starts = 0;
  container.next_start.reset();
}

}  // namespace berth::planning
