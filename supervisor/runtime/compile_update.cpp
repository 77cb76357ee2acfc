#include "supervisor/runtime/compile_update.h"

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {

using handoff::Op;
using handoff::Program;

Result<Program> compile_update(const ContainerSpec& before, const ContainerSpec& after,
                               const HostFacts& facts) {
  const std::vector<CgroupWrite> writes = TRY(limit_changes(before, after, facts));
  Program program;
  if (writes.empty()) return program;
  std::vector<std::string> needed;
  for (const CgroupWrite& write : writes) needed.push_back(write.controller);
  program.from({"turn the cgroup controllers on", "", 0, 0});
  enable_controllers(program, needed, facts);
  for (const CgroupWrite& write : writes) {
    program.from(origin_of(after, write.key, write.content));
    program.add(Op::write_file, {.text = write.file, .text2 = write.content});
  }
  return program;
}

Program compile_template_host(const HostFacts& facts, const Paths& paths) {
  return storage::compile_host_template(paths, facts.host_template);
}

}  // namespace berth::runtime
