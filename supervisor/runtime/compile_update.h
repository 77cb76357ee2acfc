// compile_update: the program that applies a changed definition's limits to the running container.
// compile_template_host: the one that builds the skeleton of template "host". Pure.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Has no steps when the limits are the same. A key that is gone gets the kernel's default back.
Result<handoff::Program> compile_update(const ContainerSpec& before, const ContainerSpec& after,
                                        const HostFacts& facts);

// To be run before the first launch of a container with template "host"; nothing happens when the
// skeleton is there already.
handoff::Program compile_template_host(const HostFacts& facts, const Paths& paths);

}  // namespace berth::runtime
