// Steps on network namespaces and netlink: 0 or the errno, and no allocation.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

// The caller is single-threaded: it is in the new namespace for a moment, then back.
int new_netns(const handoff::Step& step) noexcept;
int netlink_open(const handoff::Step& step) noexcept;
int netlink(const StepContext& context, const handoff::Step& step) noexcept;

}  // namespace berth::runtime
