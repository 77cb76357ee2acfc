// Records: what is observed of one container or network, as a text that a later worker goes on
// from (plan/adopt.h). A text is
//
//   berth-record 1 DIGEST\n
//   {"boot": …, "container" or "network": NAME, "observed": {…}, "specs": [{…}, …]}
//
// where DIGEST is the SHA-256 of what follows the first line, and a spec of `observed` is its
// number in `specs`. Definitions are keyed like definition files; instants are nanoseconds of the
// boot clock, and so mean nothing after another boot. A member that a version does not know is
// passed over, one that it misses has its default: a newer version reads what an older one wrote.
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "supervisor/base/result.h"
#include "supervisor/plan/state.h"

namespace berth::record {

std::string container_record(const std::string& name, const ObservedContainer& observed,
                             std::string_view boot_id);
std::string network_record(const std::string& name, const ObservedNetwork& observed,
                           std::string_view boot_id);

// The first line, which differs where the rest does.
std::string_view record_head(std::string_view record);

struct Record {
  std::string name;
  std::string boot_id;
  std::variant<ObservedContainer, ObservedNetwork> observed;
};

// Fails on a text that is not exactly as it was written.
Result<Record> parse_record(std::string_view text);

}  // namespace berth::record
