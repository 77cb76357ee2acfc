// What the end of a container's process means.
#pragma once

#include "supervisor/plan/state.h"

namespace berth::planning {

// How a system container's machine ended, by its own reboot(2): the kernel tells of it as its first
// process's death by a signal that nothing inside can send it, and that it ignores from outside
// unless it has a handler; see pid_namespaces(7).
enum class MachineEnd { none, reboot, power_off };
MachineEnd machine_end(const ContainerSpec& spec, const ExitStatus& status);

// By wish (an operator, a new definition, a dependency): stopped. A oneshot with exit code 0:
// completed. Else the restart policy decides between resting, backing-off and failed; a status
// that is not known counts as a failure. A system container that powers off has ended well; one
// that reboots begins anew, whatever its policy, which neither is a failure nor forgives one.
void process_ended(ObservedContainer& container, const ExitStatus& status, Instant now);

}  // namespace berth::planning
