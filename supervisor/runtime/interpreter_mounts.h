// Steps on mounts: 0 or the errno, and no allocation.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

int fs_open(const StepContext& context, const handoff::Step& step) noexcept;
int fs_config(const StepContext& context, const handoff::Step& step) noexcept;
int fs_mount(const StepContext& context, const handoff::Step& step) noexcept;
int clone_tree(const StepContext& context, const handoff::Step& step) noexcept;
int set_attr(const handoff::Step& step) noexcept;
int attach(const StepContext& context, const handoff::Step& step) noexcept;
int detach(const StepContext& context, const handoff::Step& step) noexcept;

// The child's alone: what has a meaning only below its own root.
int mask(const StepContext& context, const handoff::Step& step) noexcept;
int read_only(const StepContext& context, const handoff::Step& step) noexcept;
int pivot(const StepContext& context, const handoff::Step& step) noexcept;

}  // namespace berth::runtime
