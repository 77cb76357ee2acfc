// The cgroups of a container: which directories it has, and the steps that make and remove them.
//
// On cgroup v2 a container is one directory, PARENT/c-NAME. On the hybrid layout it has that one
// too (it tracks and kills), and one in each v1 controller that berth limits with, always all of
// them: a limit that is added later then applies to the processes that run already.
#pragma once

#include <string>
#include <vector>

#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// The controllers that berth limits with: memory, cpu, cpuset, pids, io (v1: blkio), devices (v1
// alone), and those that limits.cgroup may ask for.
std::vector<std::string> limiting_controllers();

// "/sys/fs/cgroup/berth/c-web" in the v2 tree: the one that tracks and kills.
std::string tracking_cgroup(const std::string& container, const HostFacts& facts);
// Where a container's own processes are: in the tracking cgroup itself. Those of a system
// container, whose init makes cgroups of its own, are in its child "payload": what limits it stays
// above what it can write to.
std::string payload_cgroup(const ContainerSpec& spec, const HostFacts& facts);
// Where commands that are run inside are: where no init turns controllers on for children, beside
// which a cgroup of v2 holds no processes.
std::string exec_cgroup(const ContainerSpec& spec, const HostFacts& facts);
// A system container's own directory in the v1 hierarchy name=systemd; empty when the host has
// none.
std::string systemd_cgroup(const std::string& container, const HostFacts& facts);
// "/sys/fs/cgroup/berth/h-web": of its hooks, which run outside of it. On v1 they have none.
std::string hook_cgroup(const std::string& container, const HostFacts& facts);
// The v1 directories of a container, without duplicates (controllers may share a mount).
std::vector<std::string> v1_cgroups(const std::string& container, const HostFacts& facts);
// Where the files of one controller are for this container; empty when the host lacks it.
std::string controller_cgroup(const std::string& container, const std::string& controller,
                              const HostFacts& facts);
// The file that counts OOM kills as a line "oom_kill N" (v2 memory.events, v1
// memory.oom_control); empty when the host has no memory controller.
std::string oom_kill_file(const std::string& container, const HostFacts& facts);

// The parents, deepest first: what is left to remove when no container is.
std::vector<std::string> parent_cgroups(const HostFacts& facts);
// The deepest of them in each tree: where the containers' own are, and nobody else's.
std::vector<std::string> container_parents(const HostFacts& facts);
// The containers that have a cgroup now in any of the trees, or their hooks, each once. Reads the
// directories.
std::vector<std::string> containers_in_cgroups(const HostFacts& facts);

// Steps that make the container's cgroups, empty and without limits. `needed` are the controllers
// without which the program must fail; others are turned on where that works.
void make_cgroups(handoff::Program& program, const std::string& container,
                  const std::vector<std::string>& needed, const HostFacts& facts);
// Steps, after those, that make what a system container's init gets for itself.
void make_init_cgroups(handoff::Program& program, const std::string& container,
                       const HostFacts& facts);
// Steps that turn controllers on for containers that exist already (v2; nothing to do on v1).
void add_controllers(handoff::Program& program, const std::vector<std::string>& needed,
                     const HostFacts& facts);
// Steps that kill what is in the container's cgroups, and its hooks', and remove them.
void remove_cgroups(handoff::Program& program, const std::string& container,
                    const HostFacts& facts);
// The same of its hooks' alone.
void remove_hook_cgroup(handoff::Program& program, const std::string& container,
                        const HostFacts& facts);

}  // namespace berth::runtime
