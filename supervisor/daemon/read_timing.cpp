#include "supervisor/daemon/read_timing.h"

#include <algorithm>

namespace berth::daemon {

void ReadTiming::changed(Instant now, bool writing) {
  if (!first_) first_ = now;
  last_ = now;
  writing_ = writing;
}

std::optional<Instant> ReadTiming::due() const {
  if (!first_) return std::nullopt;
  const Duration quiet = writing_
                             ? kQuietWriting
                             : std::clamp(Duration((last_ - *first_) / 4), kQuietLeast, kQuietMost);
  return std::min(last_ + quiet, *first_ + kLongest);
}

bool ReadTiming::is_overdue(Instant now) const { return first_ && now >= *first_ + kLongest; }

void ReadTiming::taken() {
  first_.reset();
  writing_ = false;
}

}  // namespace berth::daemon
