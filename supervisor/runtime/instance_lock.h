// One berthd for each cgroup parent: its containers are known by their directories there, so a
// second instance would take the first one's for leftovers and end them.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Makes the parent in the v2 tree if it is missing, and locks it (flock) for as long as the
// descriptor lives. Error: another instance has it; the sentence says what to change.
Result<unique_fd> lock_cgroup_parent(const HostFacts& facts);

}  // namespace berth::runtime
