#include "supervisor/runtime/compile_launch.h"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sched.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_cleanup.h"
#include "supervisor/runtime/device_steps.h"
#include "supervisor/runtime/identity_steps.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/mount_steps.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"
#include "supervisor/runtime/secret_steps.h"
#include "supervisor/runtime/sysctl_steps.h"
#include "supervisor/runtime/system_steps.h"

namespace berth::runtime {
namespace {

using handoff::HeldKind;
using handoff::Op;
using handoff::Program;

// Opened read-write: no reader's death is then a SIGPIPE for the payload. The worker opens them by
// path to read; the keeper's descriptors keep what is written while no worker runs.
void add_output(Program& program, std::string_view name, int slot, HeldKind kind,
                const std::string& directory) {
  const std::string path = directory + "/" + std::string(name);
  program.add(Op::make_fifo, {.text = path, .value = 0600});
  program.add(Op::open_path, {.fd = slot, .text = path, .value = O_RDWR | O_NOFOLLOW | O_CLOEXEC});
  program.add(Op::hold, {.fd = slot, .value = static_cast<std::uint64_t>(kind)});
}

void add_outputs(Program& program, const ContainerSpec& spec, const Paths& paths) {
  const std::string directory = paths.run_of(spec.name);
  program.from({"make the output FIFOs", "", 0, 0});
  program.add(Op::make_path, {.text = directory, .value = 0700});
  if (spec.boots()) return;  // its output is its console
  add_output(program, kStdoutFifo, slots::kStdout, HeldKind::log_stdout, directory);
  add_output(program, kStderrFifo, slots::kStderr, HeldKind::log_stderr, directory);
}

void add_spawn(Program& program, const ContainerSpec& spec, const HostFacts& facts) {
  program.from({"start the first process", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kCgroup,
                              .text = payload_cgroup(spec, facts),
                              .value = O_RDONLY | O_DIRECTORY | O_CLOEXEC});
  program.add(Op::spawn, {.fd = slots::kCgroup,
                          .value = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC});
}

void add_host_part(Program& program, const ContainerSpec& spec, const HostFacts& facts,
                   const Paths& paths, const std::vector<CgroupWrite>& limits,
                   std::uint64_t capabilities) {
  program.append(compile_cleanup(spec.name, facts, paths));
  make_cgroups(program, spec.name, controllers_of(limits), facts);
  if (spec.boots()) make_init_cgroups(program, spec.name, facts);
  add_limits(program, spec, limits);
  add_outputs(program, spec, paths);
  add_host_tree(program, spec, facts, paths);
  add_device_limit(program, spec, facts, capabilities);
  add_profile(program, spec);
  add_spawn(program, spec, facts);
  add_tree_removal(program, paths);
}

void add_namespaces(Program& program, const ContainerSpec& spec, const Sandbox& sandbox,
                    const HostFacts& facts) {
  program.from({"join the cgroups", "", 0, 0});
  for (const std::string& directory : v1_cgroups(spec.name, facts)) {
    program.add(Op::cgroup_join, {.text = directory + "/tasks"});
  }
  const std::string systemd = systemd_cgroup(spec.name, facts);
  if (spec.boots() && !systemd.empty()) {
    program.add(Op::cgroup_join, {.text = systemd + "/tasks"});
  }
  if (sandbox.has_netns) {
    program.from({"join the network namespace", "", 0, 0});
    program.add(Op::set_ns, {.fd = slots::kNetns, .value = CLONE_NEWNET});
  }
  // Its root is where the process is now, in every hierarchy: so after joining.
  program.from({"make a cgroup namespace", "", 0, 0});
  program.add(Op::unshare, {.value = CLONE_NEWCGROUP});
  const std::string& name = spec.hostname.empty() ? spec.name : spec.hostname;
  program.from(origin_of(spec, "hostname", name));
  program.add(Op::host_name, {.text = name});
  add_sysctls(program, spec);
}

// Standard input is the container's own /dev/null, not the host's.
void add_streams(Program& program) {
  program.from({"connect input and output", "", 0, 0});
  program.add(Op::own, {.fd = slots::kStdout});
  program.add(Op::own, {.fd = slots::kStderr});
  program.add(Op::open_path, {.fd = slots::kNull,
                              .text = "/dev/null",
                              .value = O_RDWR | O_CLOEXEC,
                              .value2 = RESOLVE_NO_SYMLINKS});
  program.add(Op::duplicate, {.fd = slots::kNull, .fd2 = 0});
  program.add(Op::duplicate, {.fd = slots::kStdout, .fd2 = 1});
  program.add(Op::duplicate, {.fd = slots::kStderr, .fd2 = 2});
}

}  // namespace

Result<Program> compile_launch(const ContainerSpec& spec, const Sandbox& sandbox,
                               const HostFacts& facts, const Paths& paths, SeccompFilters& filters,
                               std::uint64_t launch_id) {
  const std::vector<CgroupWrite> limits = TRY(limit_writes(spec, facts));
  const std::string key = spec.entrypoint.empty() ? "command" : "entrypoint";
  std::vector<std::string> words = spec.entrypoint;
  words.insert(words.end(), spec.command.begin(), spec.command.end());
  const Identity identity = TRY(identity_of(spec, facts, filters, key, words));
  TRY(check_mounts(spec));
  if (!spec.root_template.empty() && !facts.host_template.problem.empty()) {
    return std::unexpected(error_at(spec, "template", facts.host_template.problem));
  }
  Program program;
  program.set_launch_id(launch_id);
  program.set_fd_count(sandbox.has_netns ? 1 : 0);
  program.set_environment(identity.environment);
  add_host_part(program, spec, facts, paths, limits, identity.capabilities.granted);
  program.begin_child();
  add_namespaces(program, spec, sandbox, facts);
  add_resources(program, spec, identity);
  add_child_tree(program, spec, facts, paths);
  add_user_lookup(program, spec);
  hand_over_secrets(program, spec);
  spec.boots() ? add_console_streams(program) : add_streams(program);
  add_identity(program, spec, identity, key, words.front());
  return program;
}

}  // namespace berth::runtime
