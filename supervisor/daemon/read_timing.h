// ReadTiming: when to read definitions that are being changed. Values and times alone: who watches
// says what happened, and gets told when to read.
//
// A burst of changes (an editor's temporary files, a git checkout, a swapped symlink) is one set.
// It is over when nothing has happened for a while: for longer, the longer it went on, because a
// writer of much rests for longer. While a file is open and half written, the while is as long as
// it can be. But no set waits beyond kLongest after its first change: then what is there is taken.
// What is left of the second, and of the ten, is for the reading itself.
#pragma once

#include <optional>

#include "supervisor/base/clock.h"

namespace berth::daemon {

class ReadTiming {
 public:
  static constexpr Duration kQuietLeast = std::chrono::milliseconds(150);
  static constexpr Duration kQuietMost = std::chrono::milliseconds(600);
  static constexpr Duration kQuietWriting = std::chrono::milliseconds(800);
  static constexpr Duration kLongest = std::chrono::milliseconds(9500);

  // Something changed; `writing`: a file is open and has been written to.
  void changed(Instant now, bool writing);

  // When to read; empty: nothing changed since the last set was taken.
  [[nodiscard]] std::optional<Instant> due() const;
  // The set cannot wait for more rest: what is read now is taken, whatever goes on.
  [[nodiscard]] bool is_overdue(Instant now) const;

  // What was read is taken: the next change begins a new set.
  void taken();

 private:
  std::optional<Instant> first_;
  Instant last_{};
  bool writing_ = false;
};

}  // namespace berth::daemon
