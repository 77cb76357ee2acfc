// From a generation's files back to specs.
#pragma once

#include <string>
#include <vector>

#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"
#include "supervisor/generation/archive.h"

namespace berth::generation {

// What is at hand already, so that it is neither read from the store nor parsed. All borrowed, and
// each may be null.
struct AtHand {
  const definition::Snapshot* files = nullptr;   // the definitions as they are now
  definition::Cache* cache = nullptr;            // of these files
  const definition::AcceptedSet* set = nullptr;  // specs, with what they were made from;
  const Listing* listing = nullptr;              // both or none
};

struct Restored {
  definition::AcceptedSet set;
  std::vector<std::string> troubles;  // what could not be brought back, and why, in sentences
};

// The set as it was accepted: what fitted then is not weighed again. A definition that this
// version of berth refuses, or whose text is lost, is left out and told. `host`: the settings that
// are in force, from which the default network is made.
Restored restore(const Archive& archive, const Listing& listing, const HostSpec& host,
                 Digests& digests, const AtHand& at_hand);

// Only these definitions, for comparing.
Listing pick(const Listing& listing, const std::vector<std::string>& containers,
             const std::vector<std::string>& networks);

}  // namespace berth::generation
