// The programs that end things: kill a container, clean up after one, remove its root. Pure.
#pragma once

#include <string>

#include "supervisor/handoff/program.h"
#include "supervisor/model/paths.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Kills every process of the container, at once and without a race against forks.
handoff::Program compile_kill(const std::string& container, const HostFacts& facts);

// After an exit or a failed launch: kills what is left, removes cgroups and output FIFOs. May be
// run again, also when nothing is there.
handoff::Program compile_cleanup(const std::string& container, const HostFacts& facts,
                                 const Paths& paths);

// Ends and removes the hooks of a container that goes on.
handoff::Program compile_end_hooks(const std::string& container, const HostFacts& facts);

// Removes the writable layer; with `everything` all that is kept for the name but leases and logs.
handoff::Program compile_remove_root(const std::string& container, const Paths& paths,
                                     bool everything);

// Removes the parents of all containers' cgroups; those that are not empty stay.
handoff::Program compile_remove_parents(const HostFacts& facts);

}  // namespace berth::runtime
