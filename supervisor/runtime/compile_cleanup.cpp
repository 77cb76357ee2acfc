#include "supervisor/runtime/compile_cleanup.h"

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_launch.h"
#include "supervisor/storage/root_plan.h"

namespace berth::runtime {

using handoff::Op;
using handoff::Program;

Program compile_kill(const std::string& container, const HostFacts& facts) {
  Program program;
  program.from({"kill the container", "", 0, 0});
  program.add(Op::write_file, {.text = tracking_cgroup(container, facts) + "/cgroup.kill",
                               .text2 = "1",
                               .flags = handoff::kTolerateMissing});
  return program;
}

Program compile_cleanup(const std::string& container, const HostFacts& facts, const Paths& paths) {
  Program program;
  remove_cgroups(program, container, facts);
  program.from({"remove the output FIFOs", "", 0, 0});
  for (const std::string_view name : {kStdoutFifo, kStderrFifo}) {
    program.add(Op::remove_tree, {.text = paths.run_of(container) + "/" + std::string(name),
                                  .flags = handoff::kTolerateMissing});
  }
  return program;
}

Program compile_end_hooks(const std::string& container, const HostFacts& facts) {
  Program program;
  program.from({"end its hooks", "", 0, 0});
  remove_hook_cgroup(program, container, facts);
  return program;
}

Program compile_remove_root(const std::string& container, const Paths& paths, bool everything) {
  Program program;
  program.from({"remove the writable layer", "", 0, 0});
  const auto remove = [&program](const std::string& path) {
    program.add(Op::remove_tree, {.text = path, .flags = handoff::kTolerateMissing});
  };
  for (const std::string& directory : storage::writable_directories(paths, container)) {
    remove(directory);
  }
  if (everything) {
    remove(paths.state_of(container));
    remove(paths.stopped(container));
    remove(paths.run_of(container));
  }
  return program;
}

Program compile_remove_parents(const HostFacts& facts) {
  Program program;
  program.from({"remove the parents of the cgroups", "", 0, 0});
  for (const std::string& directory : parent_cgroups(facts)) {
    program.add(Op::remove_dir, {.text = directory, .flags = handoff::kTolerateAll});
  }
  // The upper ones may be others', too. What is left of the deepest is to be told; first every
  // one that can go has gone.
  for (const std::string& directory : container_parents(facts)) {
    program.from({directory, "", 0, 0});
    program.add(Op::remove_dir, {.text = directory, .flags = handoff::kTolerateMissing});
  }
  return program;
}

}  // namespace berth::runtime
