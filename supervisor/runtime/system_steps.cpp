#include "supervisor/runtime/system_steps.h"

#include <algorithm>
#include <map>
#include <string>

#include <fcntl.h>
#include <linux/openat2.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/program_slots.h"
#include "supervisor/runtime/tree_steps.h"

namespace berth::runtime {
namespace {

using handoff::HeldKind;
using handoff::Op;
using handoff::Program;

constexpr std::uint64_t kInMemory = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV;
constexpr std::string_view kCgroups = "sys/fs/cgroup";

bool mounts_at(const ContainerSpec& spec, std::string_view target) {
  return std::ranges::any_of(
      spec.mounts, [&](const MountSpec& mount) { return normal_path(mount.target) == target; });
}

void mount_in_memory(Program& program, const ContainerSpec& spec, const std::string& path,
                     const MountOptions& options, std::uint64_t attributes) {
  if (mounts_at(spec, "/" + path)) return;
  program.from({"mount tmpfs on /" + path, "", 0, 0});
  make_file_system(program, "tmpfs", options, attributes);
  make_target(program, path, kDirectory);
  attach(program);
}

// Programs other than the init, whose environment says it, learn here that this is a container.
void name_the_manager(Program& program) {
  program.from({"say in /run/host who manages the container", "", 0, 0});
  make_target(program, "run/host", kDirectory);
  program.add(
      Op::create_file,
      {.fd2 = slots::kTarget, .text = "container-manager", .text2 = "berth\n", .value = 0444});
}

void hold(Program& program, int slot, HeldKind kind) {
  program.add(Op::hold, {.fd = slot, .value = static_cast<std::uint64_t>(kind)});
}

// In the container's own devpts, so that no name of the host's is inside. A master that nobody has
// the other end of open cannot be read, so that one is held, too.
void make_console(Program& program) {
  mount_inside(program, "dev/pts", "devpts", pty_options(), kPtyAttributes);
  program.from({"make the console", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kConsole,
                              .fd2 = slots::kMount,
                              .text = "ptmx",
                              .value = O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC,
                              .value2 = RESOLVE_NO_SYMLINKS});
  program.add(Op::unlock_pty, {.fd = slots::kConsole, .fd2 = slots::kConsolePeer});
  hold(program, slots::kConsole, HeldKind::console);
  hold(program, slots::kConsolePeer, HeldKind::console_peer);
  program.add(Op::give, {.fd = slots::kConsole});
  program.add(Op::clone_tree, {.fd = slots::kMount, .fd2 = slots::kConsolePeer});
  make_target(program, "dev/console", kFile, handoff::kNoSymlinks);
  attach(program);
}

// The v1 hierarchies that containers have cgroups of their own in: where each is mounted, and its
// controllers as v1 calls them.
std::map<std::string, std::vector<std::string>> v1_hierarchies(const HostFacts& facts) {
  std::map<std::string, std::vector<std::string>> found;
  for (const std::string& name : limiting_controllers()) {
    const ControllerHome* home = facts.controller(name);
    if (home != nullptr && home->v1) found[home->mount];
  }
  for (const auto& [name, home] : facts.controllers) {
    const auto hierarchy = found.find(home.mount);
    if (!home.v1 || hierarchy == found.end()) continue;
    hierarchy->second.push_back(name == "io" ? "blkio" : name);
  }
  return found;
}

std::string below_cgroups(std::string_view name) {
  return std::string(kCgroups) + "/" + std::string(name);
}

void mount_controllers(Program& program, const std::string& mount,
                       const std::vector<std::string>& controllers) {
  const std::string name = mount.substr(mount.rfind('/') + 1);
  MountOptions options;
  for (const std::string& controller : controllers) options.emplace_back(controller, "");
  mount_inside(program, below_cgroups(name), "cgroup", options, kQuiet | MOUNT_ATTR_RDONLY);
  for (const std::string& controller : controllers) {
    if (controller == name) continue;
    program.add(Op::make_symlink, {.fd2 = slots::kCgroups, .text = name, .text2 = controller});
  }
}

}  // namespace

void add_system_mounts(Program& program, const ContainerSpec& spec) {
  mount_in_memory(program, spec, "run", {{"mode", "755"}}, kInMemory);
  if (!mounts_at(spec, "/run")) {
    mount_in_memory(program, spec, "run/lock", {{"mode", "1777"}, {"size", "5M"}}, kQuiet);
    name_the_manager(program);
  }
  mount_in_memory(program, spec, "tmp", {{"mode", "1777"}}, kInMemory);
  make_console(program);
}

// Without the hierarchy name=systemd an init is shown the v2 tree alone, which is all that it
// needs.
void add_init_cgroups(Program& program, const HostFacts& facts) {
  const std::string place(kCgroups);
  if (facts.systemd_hierarchy.empty()) {
    return mount_inside(program, place, "cgroup2", {}, kQuiet);
  }
  mount_inside(program, place, "tmpfs", {{"mode", "755"}, {"size", "64k"}}, kQuiet);
  program.add(Op::duplicate, {.fd = slots::kMount, .fd2 = slots::kCgroups});
  for (const auto& [mount, controllers] : v1_hierarchies(facts)) {
    mount_controllers(program, mount, controllers);
  }
  mount_inside(program, below_cgroups("systemd"), "cgroup", {{"none", ""}, {"name", "systemd"}},
               kQuiet);
  mount_inside(program, below_cgroups("unified"), "cgroup2", {}, kQuiet);
  program.from({"make /sys/fs/cgroup read-only", "", 0, 0});
  program.add(Op::set_attr, {.fd = slots::kCgroups, .value = MOUNT_ATTR_RDONLY});
}

void add_console_streams(Program& program) {
  program.from({"open the console", "", 0, 0});
  program.add(Op::open_path, {.fd = slots::kConsolePeer,
                              .text = "/dev/console",
                              .value = O_RDWR | O_NOCTTY | O_CLOEXEC,
                              .value2 = RESOLVE_NO_SYMLINKS});
  for (const int stream : {0, 1, 2}) {
    program.add(Op::duplicate, {.fd = slots::kConsolePeer, .fd2 = stream});
  }
}

}  // namespace berth::runtime
