// When definitions are read, on virtual time.
#include "supervisor/daemon/read_timing.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::daemon;
using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

const Instant kStart = Instant() + std::chrono::hours(1);

Instant at(std::int64_t milliseconds_after) { return kStart + milliseconds(milliseconds_after); }

// A writer that changes something every `pause` until `end`; how often, and when for the first
// time, a set is read.
struct Readings {
  int count = 0;
  Duration first{};
  Duration last{};
};
Readings simulate(Duration pause, Duration end, bool writing = false) {
  ReadTiming timing;
  Readings readings;
  Instant next = kStart;
  while (next <= kStart + end || timing.due()) {
    const auto due = timing.due();
    if (next <= kStart + end && (!due || next <= *due)) {
      timing.changed(next, writing);
      next += pause;
      continue;
    }
    if (readings.count++ == 0) readings.first = *due - kStart;
    readings.last = *due - kStart;
    timing.taken();
  }
  return readings;
}

}  // namespace

TEST_CASE("nothing is read when nothing changed") {
  ReadTiming timing;
  CHECK_FALSE(timing.due());
  CHECK_FALSE(timing.is_overdue(at(0)));
}

TEST_CASE("one change is read soon after it") {
  ReadTiming timing;
  timing.changed(at(0), false);
  CHECK(timing.due() == at(150));
  timing.changed(at(100), false);
  CHECK(timing.due() == at(250));
  timing.taken();
  CHECK_FALSE(timing.due());
}

TEST_CASE("a burst is one set, and is read within a second of its last change") {
  for (const int pause : {1, 20, 149}) {
    for (const int end : {0, 100, 3000, 8000}) {
      CAPTURE(pause);
      CAPTURE(end);
      const Readings readings = simulate(milliseconds(pause), milliseconds(end));
      CHECK(readings.count == 1);
      CHECK(readings.first <= milliseconds(end) + seconds(1));
    }
  }
}

TEST_CASE("a writer of much may rest for longer than one of little") {
  ReadTiming timing;
  timing.changed(at(0), false);
  timing.changed(at(2000), false);
  CHECK(timing.due() == at(2500));
  timing.changed(at(5000), false);
  CHECK(timing.due() == at(5600));
}

TEST_CASE("a writer that never stops does not keep its set from being taken") {
  const Readings readings = simulate(milliseconds(10), seconds(60));
  CHECK(readings.first <= seconds(10));
  CHECK(readings.count >= 6);
  CHECK(readings.count <= 8);
  CHECK(readings.last <= seconds(61));
}

TEST_CASE("a half-written file is waited for, within the same bounds") {
  ReadTiming timing;
  timing.changed(at(0), true);
  CHECK(timing.due() == at(800));
  timing.changed(at(700), true);
  CHECK(timing.due() == at(1500));
  timing.changed(at(900), false);  // closed
  CHECK(timing.due() == at(1125));
  CHECK(simulate(milliseconds(500), seconds(60), true).first <= seconds(10));
}

TEST_CASE("a set is overdue when it cannot wait any longer, and the next one begins anew") {
  ReadTiming timing;
  timing.changed(at(0), false);
  timing.changed(at(9450), false);
  CHECK(timing.due() == at(9500));
  CHECK_FALSE(timing.is_overdue(at(9499)));
  CHECK(timing.is_overdue(at(9500)));
  timing.taken();
  CHECK_FALSE(timing.is_overdue(at(20000)));
  timing.changed(at(20000), false);
  CHECK(timing.due() == at(20150));
}
