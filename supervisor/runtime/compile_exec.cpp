#include "supervisor/runtime/compile_exec.h"

#include <fcntl.h>
#include <sched.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/identity_steps.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::string_view kKey = "healthcheck.exec";

// A pid namespace is entered by being born into it, so the launcher has to turn towards it, and
// back again whatever happens.
void add_host_part(Program& program, const ContainerSpec& spec, const HostFacts& facts) {
  program.from({"join the container", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kCgroup,
                              .text = tracking_cgroup(spec.name, facts),
                              .value = O_RDONLY | O_DIRECTORY | O_CLOEXEC});
  program.add(Op::set_ns, {.fd = slots::kPidfd, .value = CLONE_NEWPID});
  program.add(Op::spawn, {.fd = slots::kCgroup});
  program.add(Op::set_ns, {.value = CLONE_NEWPID, .flags = handoff::kAlways});
}

// Not dumpable before it joins: a process of the container must not look into it, or take its
// descriptors.
void add_joining(Program& program, const ContainerSpec& spec, const HostFacts& facts) {
  program.from({"join the container", "", 0, 0});
  program.add(Op::not_dumpable, {});
  for (const std::string& directory : v1_cgroups(spec.name, facts)) {
    program.add(Op::cgroup_join, {.text = directory + "/tasks"});
  }
  program.add(Op::set_ns, {.fd = slots::kPidfd,
                           .value = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                                    CLONE_NEWCGROUP});
}

}  // namespace

Result<Program> compile_exec(const ContainerSpec& spec, const HostFacts& facts,
                             SeccompFilters& filters, std::uint64_t launch_id,
                             const std::vector<std::string>& argv) {
  const std::string key(kKey);
  const Identity identity = TRY(identity_of(spec, facts, filters, key, argv));
  Program program;
  program.set_launch_id(launch_id);
  program.set_fd_count(1);
  program.set_environment(identity.environment);
  add_host_part(program, spec, facts);
  program.begin_child();
  add_resources(program, spec, identity);
  add_joining(program, spec, facts);
  add_user_lookup(program, spec);
  add_identity(program, spec, identity, key, argv.front());
  return program;
}

}  // namespace berth::runtime
