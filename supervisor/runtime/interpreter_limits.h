// Steps that set a cgroup's limits: which controllers it has, files that not every kernel has,
// limits of block devices, and the way back to a kernel's default. Launcher only: these allocate.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

int enable_controllers(const StepContext& context, const handoff::Step& step);
int write_any(const StepContext& context, const handoff::Step& step);
int write_device(const StepContext& context, const handoff::Step& step);
int cgroup_reset(const StepContext& context, const handoff::Step& step);

}  // namespace berth::runtime
