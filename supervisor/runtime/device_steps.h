// The devices of a container: the nodes in its /dev, and which devices its cgroup may use at all,
// whatever nodes it makes or finds.
#pragma once

#include <cstdint>

#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Host steps: the standard nodes and those of `devices`, in the directory slots::kDev.
void add_device_nodes(handoff::Program& program, const ContainerSpec& spec);

// Host steps: the standard devices and those of `devices`, and no others. After the cgroups were
// made. `capabilities` are those granted: a kernel that cannot do it is forgiven only where no
// other device could be reached anyway.
void add_device_limit(handoff::Program& program, const ContainerSpec& spec, const HostFacts& facts,
                      std::uint64_t capabilities);

}  // namespace berth::runtime
