#include "supervisor/runtime/compile_hook.h"

#include <fcntl.h>
#include <sched.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::uint64_t kRemoveWait = 5000;  // milliseconds

}  // namespace

const std::vector<std::string>& Hook::command() const {
  return key == "hooks.pre_start" ? spec->hooks.pre_start : spec->hooks.post_stop;
}

Program compile_hook(const Hook& hook, const HostFacts& facts, std::uint64_t id) {
  const std::string& name = hook.spec->name;
  const std::string cgroup = hook_cgroup(name, facts);
  std::string environment = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  environment += std::string(1, '\0') + "LC_ALL=C.UTF-8";
  for (const auto& [variable, value] : hook.environment) {
    environment += std::string(1, '\0') + variable + "=" + value;
  }
  std::string words = hook.command().front();
  for (std::size_t i = 1; i < hook.command().size(); ++i) {
    words += std::string(1, '\0') + hook.command()[i];
  }
  Program program;
  program.set_launch_id(id);
  program.set_fd_count(2);
  program.set_environment(environment);
  program.append(compile_hook_cleanup(name, facts));
  program.from({"make the hook's cgroup", "", 0, 0});
  program.add(Op::make_path, {.text = cgroup, .value = 0755});
  program.add(
      Op::open_path,
      {.fd = slots::kHookCgroup, .text = cgroup, .value = O_RDONLY | O_DIRECTORY | O_CLOEXEC});
  program.from(origin_of(*hook.spec, hook.key, hook.command().front()));
  program.add(Op::spawn, {.fd = slots::kHookCgroup});
  program.begin_child();
  program.add(Op::score_adjust, {.value = 0, .flags = handoff::kTolerateAll});
  program.add(Op::set_ns, {.fd = slots::kHostMounts, .value = CLONE_NEWNS});
  program.add(Op::new_session, {});
  program.add(Op::set_umask, {.value = 0022});
  program.add(Op::work_dir, {.text = "/"});
  program.add(Op::duplicate, {.fd = slots::kHookOutput, .fd2 = 1});
  program.add(Op::duplicate, {.fd = slots::kHookOutput, .fd2 = 2});
  program.add(Op::close_from, {.value = 3});
  program.add(Op::reset_signals, {});
  program.add(Op::execute, {.text = hook.command().front(), .text2 = words});
  return program;
}

Program compile_hook_cleanup(const std::string& container, const HostFacts& facts) {
  Program program;
  program.from({"end the hook of " + container, "", 0, 0});
  program.add(Op::cgroup_remove, {.text = hook_cgroup(container, facts), .value = kRemoveWait});
  return program;
}

}  // namespace berth::runtime
