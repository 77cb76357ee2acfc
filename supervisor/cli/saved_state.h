// The state document of control/state_document.h, read back.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"
#include "supervisor/control/state_document.h"
#include "supervisor/plan/state.h"

namespace berth::cli {

struct SavedState {
  std::string version;  // of the berth that wrote it
  std::string taken;    // RFC 3339
  std::string root;     // "/" or the instance's root directory
  HostSpec settings;    // in force
  control::HostCapacity capacity;
  DesiredState desired;  // what is in force
  ObservedState
      observed;   // its clock has no time zones: those that count are a matter of the files
  Instant now{};  // the moment at which it was taken; instants of `observed` are around it
};

// Definitions in it are decoded by the code that decodes definition files. A text that is something
// else, or of a format that this version does not know, is an error that says so.
Result<SavedState> parse_state(std::string_view json);

}  // namespace berth::cli
