// The program that runs a hook: a program of the host, as root, outside the container.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/plan/state.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// One run of a hook. `key` is where it was written: "hooks.pre_start".
struct Hook {
  SpecPtr spec;
  std::string key;
  std::map<std::string, std::string> environment;  // beside PATH, HOME and LC_ALL
  [[nodiscard]] const std::vector<std::string>& command() const;
};

// Slot 0 is the host's mount namespace, slot 1 where its output goes. The process is born into a
// cgroup of its own (hook_cgroup), so that everything it starts can be killed with it.
handoff::Program compile_hook(const Hook& hook, const HostFacts& facts, std::uint64_t id);
// Kills what is left of it.
handoff::Program compile_hook_cleanup(const std::string& container, const HostFacts& facts);

}  // namespace berth::runtime
