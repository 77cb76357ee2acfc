#include "supervisor/runtime/compile_update.h"

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/limits.h"

namespace berth::runtime {

using handoff::Program;

Result<Program> compile_update(const ContainerSpec& before, const ContainerSpec& after,
                               const HostFacts& facts) {
  const std::vector<CgroupWrite> writes = TRY(limit_changes(before, after, facts));
  Program program;
  if (writes.empty()) return program;
  program.from({"turn the cgroup controllers on", "", 0, 0});
  add_controllers(program, controllers_of(writes), facts);
  add_limits(program, after, writes);
  return program;
}

Program compile_template_host(const HostFacts& facts, const Paths& paths) {
  return storage::compile_host_template(paths, facts.host_template);
}

}  // namespace berth::runtime
