// What `berth plan` computes: the definitions of a directory against a state. Of the host it reads
// time zones alone; the definitions are in the snapshot.
#pragma once

#include <string>
#include <vector>

#include "supervisor/cli/saved_state.h"
#include "supervisor/definition/load.h"
#include "supervisor/model/diagnostic.h"
#include "supervisor/plan/preview.h"

namespace berth::cli {

struct Planned {
  Preview preview;
  DesiredState after;                // what would be in force
  std::vector<Diagnostic> problems;  // of the files; what they hold back keeps its definition
  bool held_back = false;            // apply = "set", and there is an error: nothing is taken up
};

// What berthd would do when these files were its own.
Planned plan_against(const SavedState& state, const definition::Snapshot& files);

// Whether there is an error among them.
bool has_error(const std::vector<Diagnostic>& problems);

}  // namespace berth::cli
