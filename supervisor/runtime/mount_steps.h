// The steps that make a container's mount tree.
//
// The host's part is assembled by the launcher in its own mount namespace: the root, the binds,
// /dev, all onto pinned descriptors found with RESOLVE_IN_ROOT, so that no link of a root file
// system leads out of it. What shows the container's own namespaces (proc, sysfs, devpts, mqueue,
// cgroup) is mounted by the child inside them.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Refuses, by key, targets that cannot be: the root, and what berth itself mounts.
Result<void> check_mounts(const ContainerSpec& spec);

// Host steps: writable layer, root, /dev, name files, mounts. They end with the tree assembled at
// Paths::run()/tree and its root in slots::kRoot.
void add_host_tree(handoff::Program& program, const ContainerSpec& spec, const HostFacts& facts,
                   const Paths& paths);

// Host steps that take the assembled tree away again; run whatever happened before.
void add_tree_removal(handoff::Program& program, const Paths& paths);

// Child steps: the mounts that belong to its namespaces, pivot_root, hidden and read-only paths.
void add_child_tree(handoff::Program& program, const ContainerSpec& spec, const HostFacts& facts,
                    const Paths& paths);

}  // namespace berth::runtime
