// What a container of type "system" has beside what others have, as inits expect it
// (https://systemd.io/CONTAINER_INTERFACE): file systems in memory, a console, cgroups to write to.
#pragma once

#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Host steps, after /dev and before what the definition mounts: /run, /run/lock and /tmp in memory
// (but what the definition mounts there), devpts, and a new pty that is /dev/console. Its master is
// given to the worker; the keeper holds both ends.
void add_system_mounts(handoff::Program& program, const ContainerSpec& spec);

// Child steps, in its cgroup namespace: /sys/fs/cgroup. The init's own cgroup of v2 can be written
// to, and the one of the hierarchy name=systemd where the host has that; v1 controllers cannot.
void add_init_cgroups(handoff::Program& program, const HostFacts& facts);

// Child steps: 0, 1 and 2 are the console.
void add_console_streams(handoff::Program& program);

}  // namespace berth::runtime
