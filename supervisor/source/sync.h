// sync: makes the checkout in force that of the repository that berthd.toml names, if it can be
// trusted. What stands in the way is said in the status, and the old checkout stays.
//
// To be called as root. It takes the place of nothing: berthd reads what is in force, and takes a
// new checkout as it takes any other change of its definitions.
#pragma once

#include <cstdint>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/model/paths.h"
#include "supervisor/source/status.h"

namespace berth::source {

struct Request {
  bool if_due = false;                         // nothing is done before the interval is over
  Duration timeout = std::chrono::minutes(5);  // for all of it
  std::uint64_t fetch_bytes_max = 256 << 20;   // that a fetch may write
};

enum class Done {
  not_configured,  // no [source]
  not_due,         // if_due, and the interval is not over
  busy,            // another sync runs: with if_due at once, else when the time was over
  tried            // status.last says how it ended
};

struct Report {
  Done done = Done::tried;
  SourceStatus status;
};

// An error: nothing could be tried, not even written down.
Result<Report> sync(const Paths& paths, const Request& request);

}  // namespace berth::source
