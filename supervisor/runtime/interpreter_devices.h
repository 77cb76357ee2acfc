// Steps about devices: nodes in a container's /dev, and which devices its cgroup may use; and what
// files of the host are. Launcher only: these allocate.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

int inspect(const StepContext& context, const handoff::Step& step);
int make_device(const StepContext& context, const handoff::Step& step);
int limit_devices(const StepContext& context, const handoff::Step& step);
int unlock_pty(const handoff::Step& step);

}  // namespace berth::runtime
