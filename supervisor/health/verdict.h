// What a probe found out.
#pragma once

#include <string>

namespace berth::health {

struct Verdict {
  bool healthy = false;
  std::string message;  // for people: "status 200", "connection refused", "not HTTP"
  bool operator==(const Verdict&) const = default;
};

}  // namespace berth::health
