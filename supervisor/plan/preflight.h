// What can be known before a definition is taken up: which paths of the host it needs, and whether
// its limits and addresses are to be had. Pure: who looks at the paths is the caller's matter, for
// they may hang (berthd has a launcher look, `berth plan` looks itself).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/model/diagnostic.h"
#include "supervisor/plan/preview.h"
#include "supervisor/plan/state.h"

namespace berth {

// A path without which the container cannot start.
struct NeededPath {
  std::string key;  // "mounts[0].source"
  std::string path;
  enum class Kind { any, directory, device, block_device, program, seccomp_profile };
  Kind kind = Kind::any;  // what it has to be
  bool operator==(const NeededPath&) const = default;
};
std::vector<NeededPath> needed_paths(const ContainerSpec& spec);

// Of the host: 0 and "" where it is not known.
struct Capacity {
  std::uint64_t memory = 0;  // bytes
  std::string cpus;          // online: "0-1"
};

// Of each container that `preview` starts, restarts or changes live: errors for what cannot be
// (processors that are not there, an address that another container keeps), warnings for what has
// no effect (more memory than the host has).
std::vector<Diagnostic> preflight(const Preview& preview, const DesiredState& after,
                                  const ObservedState& observed, const Capacity& capacity);

// The containers of which it is so.
std::vector<SpecPtr> to_be_checked(const Preview& preview, const DesiredState& after);

}  // namespace berth
