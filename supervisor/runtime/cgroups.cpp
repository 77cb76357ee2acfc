#include "supervisor/runtime/cgroups.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::uint64_t kRemoveWait = 10000;  // milliseconds: a killed process may sit in a syscall

// "/a", "/a/b", "/a/b/c" for mount "/a" and parent "b/c".
std::vector<std::string> levels(const std::string& mount, const std::string& parent) {
  std::vector<std::string> out = {mount};
  std::size_t begin = 0;
  while (begin < parent.size()) {
    const std::size_t end = std::min(parent.find('/', begin), parent.size());
    if (end > begin) out.push_back(out.back() + "/" + parent.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::string directory_in(const std::string& mount, const std::string& container,
                         const HostFacts& facts) {
  return levels(mount, facts.cgroup_parent).back() + "/c-" + container;
}

// A v1 cpuset takes no process before it has processors and memory nodes, and those only from
// what its parent has.
void make_v1_cgroup(Program& program, const std::string& controller, const std::string& mount,
                    const std::string& container, const HostFacts& facts) {
  std::vector<std::string> path = levels(mount, facts.cgroup_parent);
  path.push_back(path.back() + "/c-" + container);
  for (std::size_t level = 1; level < path.size(); ++level) {
    program.add(Op::make_path, {.text = path[level], .value = 0755});
    if (controller != "cpuset") continue;
    program.add(Op::write_file, {.text = path[level] + "/cpuset.cpus", .text2 = facts.cpus});
    program.add(Op::write_file, {.text = path[level] + "/cpuset.mems", .text2 = facts.mems});
  }
}

// What is turned on for every container on v2, so that a limit that is added later counts what was
// used before. The others cost something, and are turned on when a definition asks for them.
std::vector<std::string> usual_controllers() { return {"memory", "cpu", "cpuset", "pids", "io"}; }

// The mounts that containers have cgroups in, each once: controllers may share one.
std::vector<std::string> mounts_of(const HostFacts& facts) {
  std::vector<std::string> mounts = {facts.unified};
  if (!facts.systemd_hierarchy.empty()) mounts.push_back(facts.systemd_hierarchy);
  for (const std::string& name : limiting_controllers()) {
    const ControllerHome* home = facts.controller(name);
    if (home == nullptr || !home->v1) continue;
    if (std::find(mounts.begin(), mounts.end(), home->mount) == mounts.end()) {
      mounts.push_back(home->mount);
    }
  }
  return mounts;
}

}  // namespace

std::vector<std::string> limiting_controllers() {
  return {"memory", "cpu", "cpuset", "pids", "io", "devices", "hugetlb", "rdma", "misc"};
}

std::string tracking_cgroup(const std::string& container, const HostFacts& facts) {
  return directory_in(facts.unified, container, facts);
}

std::string payload_cgroup(const ContainerSpec& spec, const HostFacts& facts) {
  return tracking_cgroup(spec.name, facts) + (spec.boots() ? "/payload" : "");
}

std::string exec_cgroup(const ContainerSpec& spec, const HostFacts& facts) {
  return tracking_cgroup(spec.name, facts) + (spec.boots() ? "/exec" : "");
}

std::string systemd_cgroup(const std::string& container, const HostFacts& facts) {
  if (facts.systemd_hierarchy.empty()) return {};
  return directory_in(facts.systemd_hierarchy, container, facts);
}

std::string hook_cgroup(const std::string& container, const HostFacts& facts) {
  return levels(facts.unified, facts.cgroup_parent).back() + "/h-" + container;
}

std::vector<std::string> v1_cgroups(const std::string& container, const HostFacts& facts) {
  std::vector<std::string> out;
  for (const std::string& name : limiting_controllers()) {
    const ControllerHome* home = facts.controller(name);
    if (home == nullptr || !home->v1) continue;
    std::string directory = directory_in(home->mount, container, facts);
    if (std::find(out.begin(), out.end(), directory) == out.end()) {
      out.push_back(std::move(directory));
    }
  }
  return out;
}

std::string controller_cgroup(const std::string& container, const std::string& controller,
                              const HostFacts& facts) {
  const ControllerHome* home = facts.controller(controller);
  return home == nullptr ? std::string() : directory_in(home->mount, container, facts);
}

std::string oom_kill_file(const std::string& container, const HostFacts& facts) {
  const ControllerHome* home = facts.controller("memory");
  if (home == nullptr) return {};
  return controller_cgroup(container, "memory", facts) +
         (home->v1 ? "/memory.oom_control" : "/memory.events");
}

std::vector<std::string> container_parents(const HostFacts& facts) {
  std::vector<std::string> out;
  for (const std::string& mount : mounts_of(facts)) {
    out.push_back(levels(mount, facts.cgroup_parent).back());
  }
  return out;
}

std::vector<std::string> parent_cgroups(const HostFacts& facts) {
  std::vector<std::string> out;
  for (const std::string& mount : mounts_of(facts)) {
    const std::vector<std::string> path = levels(mount, facts.cgroup_parent);
    for (std::size_t level = path.size(); level-- > 1;) out.push_back(path[level]);
  }
  return out;
}

std::vector<std::string> containers_in_cgroups(const HostFacts& facts) {
  std::set<std::string> names;
  for (const std::string& parent : container_parents(facts)) {
    std::error_code error;
    for (std::filesystem::directory_iterator entry(parent, error), end; !error && entry != end;
         entry.increment(error)) {
      const std::string name = entry->path().filename().string();
      std::error_code ended;  // one that is gone by now is no directory, and no end of the others
      const bool ours = name.starts_with("c-") || name.starts_with("h-");
      if (ours && entry->is_directory(ended)) names.insert(name.substr(2));
    }
  }
  return {names.begin(), names.end()};
}

void add_controllers(Program& program, const std::vector<std::string>& needed,
                     const HostFacts& facts) {
  const auto is_v2 = [&facts](const std::string& name) {
    const ControllerHome* home = facts.controller(name);
    return home != nullptr && !home->v1;
  };
  std::string words;
  for (const std::string& name : needed) {
    if (is_v2(name)) words += name + " ";
  }
  std::string wished;
  for (const std::string& name : usual_controllers()) {
    if (is_v2(name) && std::ranges::find(needed, name) == needed.end()) wished += " " + name;
  }
  if (!wished.empty()) words += "|" + wished;
  if (words.empty()) return;
  for (const std::string& level : levels(facts.unified, facts.cgroup_parent)) {
    program.add(Op::enable_controllers, {.text = level, .text2 = words});
  }
}

void make_cgroups(Program& program, const std::string& container,
                  const std::vector<std::string>& needed, const HostFacts& facts) {
  program.from({"make the cgroup", "", 0, 0});
  const std::vector<std::string> path = levels(facts.unified, facts.cgroup_parent);
  program.add(Op::make_path, {.text = path.back(), .value = 0755});
  add_controllers(program, needed, facts);
  program.add(Op::make_path, {.text = path.back() + "/c-" + container, .value = 0755});
  for (const std::string& name : limiting_controllers()) {
    const ControllerHome* home = facts.controller(name);
    if (home != nullptr && home->v1) make_v1_cgroup(program, name, home->mount, container, facts);
  }
}

// Far more than any init makes, and little enough to be removed again.
void make_init_cgroups(Program& program, const std::string& container, const HostFacts& facts) {
  program.from({"make the init's cgroup", "", 0, 0});
  const std::string own = tracking_cgroup(container, facts);
  program.add(Op::write_file, {.text = own + "/cgroup.max.depth", .text2 = "32"});
  program.add(Op::write_file, {.text = own + "/cgroup.max.descendants", .text2 = "4096"});
  std::string words;
  for (const std::string& name : usual_controllers()) {
    const ControllerHome* home = facts.controller(name);
    if (home != nullptr && !home->v1) words += " " + name;
  }
  if (!words.empty()) {
    program.add(Op::enable_controllers, {.text = own, .text2 = "|" + words});
  }
  for (const char* name : {"/payload", "/exec"}) {
    program.add(Op::make_path, {.text = own + name, .value = 0755});
  }
  const std::string systemd = systemd_cgroup(container, facts);
  if (!systemd.empty()) program.add(Op::make_path, {.text = systemd, .value = 0755});
}

void remove_cgroups(Program& program, const std::string& container, const HostFacts& facts) {
  program.from({"remove the cgroup", "", 0, 0});
  // First the one that kills; the others are empty then.
  program.add(Op::cgroup_remove, {.text = tracking_cgroup(container, facts), .value = kRemoveWait});
  for (const std::string& directory : v1_cgroups(container, facts)) {
    program.add(Op::cgroup_remove, {.text = directory, .value = kRemoveWait});
  }
  if (const std::string systemd = systemd_cgroup(container, facts); !systemd.empty()) {
    program.add(Op::cgroup_remove, {.text = systemd, .value = kRemoveWait});
  }
  remove_hook_cgroup(program, container, facts);
}

void remove_hook_cgroup(Program& program, const std::string& container, const HostFacts& facts) {
  program.add(Op::cgroup_remove, {.text = hook_cgroup(container, facts), .value = kRemoveWait});
}

}  // namespace berth::runtime
