// compile_check: the program that looks whether what a definition needs of the host is there,
// before a running container is stopped for it. Pure.
#pragma once

#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"

namespace berth::runtime {

// Opens every path that a start needs, looks whether devices and programs are such, and makes the
// filter of a seccomp profile. A path may hang, and a launcher with it.
handoff::Program compile_check(const ContainerSpec& spec);

}  // namespace berth::runtime
