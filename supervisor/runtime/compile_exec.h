// compile_exec: the program that runs a command inside a running container, as its user, under
// its limits, capabilities and filter. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"
#include "supervisor/runtime/seccomp.h"

namespace berth::runtime {

// Slot 0 is the pidfd of the container's first process. The command's input and output are
// the container's /dev/null. Fails at security.cap_add for a container with sys_ptrace. Its exit is
// told by the keeper under `launch_id`, which must be the command's own.
Result<handoff::Program> compile_exec(const ContainerSpec& spec, const HostFacts& facts,
                                      SeccompFilters& filters, std::uint64_t launch_id,
                                      const std::vector<std::string>& argv);

}  // namespace berth::runtime
