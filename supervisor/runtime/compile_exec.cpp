#include "supervisor/runtime/compile_exec.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <sched.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/identity_steps.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::string_view kKey = "healthcheck.exec";

// A pid namespace is entered by being born into it, so the launcher has to turn towards it, and
// back again whatever happens.
void add_host_part(Program& program, const ContainerSpec& spec, const HostFacts& facts) {
  add_profile(program, spec);
  program.from({"join the container", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kCgroup,
                              .text = exec_cgroup(spec, facts),
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
  const std::string systemd = systemd_cgroup(spec.name, facts);
  if (spec.boots() && !systemd.empty()) {
    program.add(Op::cgroup_join, {.text = systemd + "/tasks"});
  }
  program.add(Op::set_ns, {.fd = slots::kPidfd,
                           .value = CLONE_NEWNS | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS |
                                    CLONE_NEWCGROUP});
}

// The launcher's /dev/null is the host's: root inside could change its mode and owner through
// /proc/self/fd. Not blocking: what the container has made of its own /dev/null may be a FIFO.
void add_streams(Program& program) {
  program.from({"open the container's /dev/null", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kNull,
                              .text = "/dev/null",
                              .value = O_RDWR | O_NONBLOCK | O_CLOEXEC,
                              .value2 = RESOLVE_NO_SYMLINKS});
  for (const int stream : {0, 1, 2}) {
    program.add(Op::duplicate, {.fd = slots::kNull, .fd2 = stream});
  }
}

// The child is born among the container's processes with the host's capabilities. The kernel lets
// them trace it only with this one.
Result<void> check_tracing(const ContainerSpec& spec, const Identity& identity) {
  constexpr std::uint64_t kTracing = std::uint64_t{1} << CAP_SYS_PTRACE;
  if ((identity.capabilities.granted & kTracing) == 0) return {};
  return std::unexpected(error_at(spec, "security.cap_add",
                                  "an exec health check cannot be run safely beside sys_ptrace: "
                                  "use tcp or http"));
}

}  // namespace

Result<Program> compile_exec(const ContainerSpec& spec, const HostFacts& facts,
                             SeccompFilters& filters, std::uint64_t launch_id,
                             const std::vector<std::string>& argv) {
  const std::string key(kKey);
  const Identity identity = TRY(identity_of(spec, facts, filters, key, argv));
  TRY(check_tracing(spec, identity));
  Program program;
  program.set_launch_id(launch_id);
  program.set_fd_count(1);
  program.set_environment(identity.environment);
  add_host_part(program, spec, facts);
  program.begin_child();
  add_resources(program, spec, identity);
  add_joining(program, spec, facts);
  add_streams(program);
  add_user_lookup(program, spec);
  add_identity(program, spec, identity, key, argv.front());
  return program;
}

}  // namespace berth::runtime
