// A launcher looks at files of the host: what they are, their content, its digest.
#pragma once

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

// Op::look_at_files: answers every question of the memfd (handoff/files.h).
int look_at_files(const handoff::Step& step) noexcept;

// Op::copy_file: a regular file of the host into a new one of our own. Bounded.
int copy_file(const StepContext& context, const handoff::Step& step) noexcept;

}  // namespace berth::runtime
