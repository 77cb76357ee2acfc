// When `berth start`, `stop` and `restart` are done with a container. Pure.
#pragma once

#include <optional>
#include <string>

#include "supervisor/control/status.h"

namespace berth::cli {

enum class Goal { up, up_again, down };

// What is known of a container while it is waited for.
struct Watched {
  control::ContainerStatus before;  // as it was before the daemon was asked
  bool moved = false;               // an event told of a phase since
};

struct Verdict {
  enum class Kind { not_yet, reached, missed } kind = Kind::not_yet;
  std::string why;  // of `missed`
};

// `now` std::nullopt: nothing is known of it any more. A service is up when it is ready, a oneshot
// when it completed. The answer to a request may come before the daemon acts on it, so an end that
// was there before counts only when something has happened since.
Verdict judge(Goal goal, const Watched& watched,
              const std::optional<control::ContainerStatus>& now);

}  // namespace berth::cli
