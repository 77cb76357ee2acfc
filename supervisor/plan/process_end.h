// What the end of a container's process means.
#pragma once

#include "supervisor/plan/state.h"

namespace berth::planning {

// By wish (an operator, a new definition, a dependency): stopped. A oneshot with exit code 0:
// completed. Else the restart policy decides between resting, backing-off and failed; a status
// that is not known counts as a failure.
void process_ended(ObservedContainer& container, const ExitStatus& status, Instant now);

}  // namespace berth::planning
