// The state document: all that a plan is made from besides the files, as JSON. `berth state` prints
// it, and `berth plan` reads it (cli/saved_state.h), from the daemon or from a file, so that both
// say the same. Version 1 of the format:
//
//   document      "berth-state"
//   format        1
//   version       of the berth that wrote it
//   taken         when, RFC 3339
//   clock         the same as nanoseconds since 1970; missing while berthd knows no time of day
//   root          the instance's root directory
//   generation    of the definitions in force
//   settings      the host settings in force, keyed like berthd.toml
//   host          {memory: bytes, cpus: "0-1", controllers: ["memory", …]}
//   containers    by name: {accepted: its definition in force, observed: {…}}
//   networks      the same
//   files         by path: {digest, error} of the files that definitions refer to
//   watched       their paths
//   units         by name ("systemd:srv-media.mount"): what is observed of those that definitions
//                 depend on
//   watched_units their names
//   view_current  the packet rules and name files are as they should be
//   next_launch_id
//
// A definition is keyed like a definition file, without the keys that have their default. Where a
// spec of `observed` is the accepted definition it says "accepted". Members of `observed` that say
// nothing are left out; instants are nanoseconds after `taken`, negative ones before it. Secrets
// are files that definitions name: what is in them is not in here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/control/documents.h"
#include "supervisor/model/spec.h"

namespace berth::control {

inline constexpr std::string_view kStateDocument = "berth-state";
inline constexpr std::int64_t kStateFormat = 1;
inline constexpr std::string_view kAcceptedWord = "accepted";

// What a plan's checks ask of the host.
struct HostCapacity {
  std::uint64_t memory = 0;              // bytes; 0: not known
  std::string cpus;                      // online: "0-1"; empty: not known
  std::vector<std::string> controllers;  // of cgroups, that it can limit with
  bool operator==(const HostCapacity&) const = default;
};

struct StateFacts {
  std::string root;  // Paths::root
  const HostSpec& settings;
  HostCapacity capacity;
};

// O(size of the document), and fast enough for the daemon's loop.
std::string state_document(const StateView& view, const StateFacts& facts);

}  // namespace berth::control
