#include "supervisor/runtime/mount_steps.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>

#include "supervisor/runtime/device_steps.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"
#include "supervisor/runtime/secret_steps.h"
#include "supervisor/runtime/security.h"
#include "supervisor/runtime/system_steps.h"
#include "supervisor/runtime/tree_steps.h"
#include "supervisor/storage/host_template.h"
#include "supervisor/storage/root_plan.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

void make_writable_directories(Program& program, const storage::Overlay& overlay,
                               const std::string& state) {
  program.from({"make the writable layer", "", 0, 0});
  program.add(Op::make_path, {.text = state, .value = 0700});
  program.add(Op::make_path, {.text = overlay.upper, .value = 0755});
  program.add(Op::make_path, {.text = overlay.work, .value = 0700});
}

std::string through(int descriptor) { return "/proc/self/fd/" + std::to_string(descriptor); }

// Layers are given as descriptors: a path could hold a ":" or be swapped meanwhile. Devices in an
// image's files are dead (nodev); the container's devices are in its own /dev.
void make_overlay(Program& program, const ContainerSpec& spec, const storage::Overlay& overlay,
                  const std::string& state) {
  make_writable_directories(program, overlay, state);
  const std::string& value =
      overlay.key == "rootfs" ? spec.rootfs : spec.root_template + " (" + overlay.lower + ")";
  program.from(origin_of(spec, overlay.key, value));
  open_directory(program, slots::kLower, overlay.lower);
  open_directory(program, slots::kUpper, overlay.upper);
  open_directory(program, slots::kWork, overlay.work);
  make_file_system(program, "overlay",
                   {{"lowerdir", through(slots::kLower)},
                    {"upperdir", through(slots::kUpper)},
                    {"workdir", through(slots::kWork)}},
                   MOUNT_ATTR_NODEV);
}

void mount_root(Program& program, const ContainerSpec& spec, const HostFacts& facts,
                const Paths& paths) {
  const std::string tree = tree_directory(paths.run());
  program.from({"make a place for the mount tree", "", 0, 0});
  program.add(Op::make_path, {.text = tree, .value = 0700});
  program.add(Op::detach, {.text = tree});
  open_directory(program, slots::kTree, tree);
  const std::string skeleton = storage::host_template_directory(paths, facts.host_template);
  for (const storage::Overlay& overlay : storage::root_plan(spec, paths, skeleton)) {
    make_overlay(program, spec, overlay, paths.state_of(spec.name));
    if (overlay.target.empty()) {
      program.add(Op::attach, {.fd = slots::kMount, .fd2 = slots::kTree});
      program.add(Op::duplicate, {.fd = slots::kMount, .fd2 = slots::kRoot});
    } else {
      make_target(program, overlay.target, kDirectory, handoff::kNoSymlinks);
      attach(program);
      program.add(Op::duplicate, {.fd = slots::kMount, .fd2 = slots::kUsr});
    }
  }
}

// What programs take for granted; the mount points are made where they are used.
void make_usual_directories(Program& program) {
  program.from({"make the usual directories", "", 0, 0});
  for (const auto& [name, mode] : {std::pair{"run", 0755u}, {"tmp", 01777u}, {"etc", 0755u}}) {
    program.add(
        Op::make_dir,
        {.fd2 = slots::kRoot, .text = name, .value = mode, .flags = handoff::kTolerateExists});
  }
}

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kDevLinks = {
    {{"/proc/self/fd", "fd"},
     {"/proc/self/fd/0", "stdin"},
     {"/proc/self/fd/1", "stdout"},
     {"/proc/self/fd/2", "stderr"},
     {"pts/ptmx", "ptmx"}}};

void mount_dev(Program& program, const ContainerSpec& spec) {
  mount_inside(program, "dev", "tmpfs", {{"mode", "755"}, {"size", "64k"}},
               MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
  program.add(Op::duplicate, {.fd = slots::kMount, .fd2 = slots::kDev});
  add_device_nodes(program, spec);
  program.from({"fill /dev", "", 0, 0});
  for (const auto& [target, name] : kDevLinks) {
    program.add(Op::make_symlink, {.fd2 = slots::kDev, .text = target, .text2 = name});
  }
  for (const std::string_view name : {"pts", "mqueue", "shm"}) {
    program.add(Op::make_dir, {.fd2 = slots::kDev, .text = name, .value = 0755});
  }
  mount_inside(program, "dev/shm", "tmpfs", {{"mode", "1777"}, {"size", "64M"}}, kQuiet);
}

void bind_name_files(Program& program, const ContainerSpec& spec, const Paths& paths) {
  for (const std::string_view name : {"hosts", "hostname", "resolv.conf"}) {
    program.from({"put /etc/" + std::string(name) + " into place", "", 0, 0});
    const std::string source = paths.run_of(spec.name) + "/" + std::string(name);
    program.add(Op::open_path, {.fd = slots::kSource,
                                .text = source,
                                .value = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                                .value2 = RESOLVE_NO_MAGICLINKS});
    program.add(Op::clone_tree, {.fd = slots::kMount, .fd2 = slots::kSource});
    program.add(Op::set_attr, {.fd = slots::kMount, .value = kQuiet | MOUNT_ATTR_RDONLY});
    // Often a link into /run, which is another container's or nobody's.
    make_target(program, "etc/" + std::string(name), kFile, handoff::kReplaceSymlink);
    attach(program);
  }
}

// The socket of sd_notify(3), where https://systemd.io/CONTAINER_INTERFACE has it.
void bind_notify_socket(Program& program, const ContainerSpec& spec, const Paths& paths) {
  if (!spec.healthcheck.notify) return;
  program.from(origin_of(spec, "healthcheck.notify", "/run/host/notify"));
  program.add(Op::open_path, {.fd = slots::kSource,
                              .text = paths.run_of(spec.name) + "/notify",
                              .value = O_PATH | O_NOFOLLOW | O_CLOEXEC,
                              .value2 = RESOLVE_NO_MAGICLINKS});
  program.add(Op::clone_tree, {.fd = slots::kMount, .fd2 = slots::kSource});
  program.add(Op::set_attr, {.fd = slots::kMount, .value = kQuiet});
  make_target(program, "run/host/notify", kFile, handoff::kNoSymlinks);
  attach(program);
}

std::string key_of(std::size_t index, std::string_view item) {
  return "mounts[" + std::to_string(index) + "]." + std::string(item);
}

void mount_bind(Program& program, const ContainerSpec& spec, std::size_t index) {
  const MountSpec& mount = spec.mounts[index];
  program.from(origin_of(spec, key_of(index, "source"), mount.source));
  program.add(Op::open_path, {.fd = slots::kSource,
                              .text = mount.source,
                              .value = O_PATH | O_CLOEXEC,
                              .value2 = RESOLVE_NO_MAGICLINKS});
  program.add(Op::clone_tree, {.fd = slots::kMount, .fd2 = slots::kSource, .value = 1});
  const std::uint64_t read_only = mount.read_only ? MOUNT_ATTR_RDONLY : 0u;
  program.add(Op::set_attr, {.fd = slots::kMount,
                             .value = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | read_only,
                             .flags = handoff::kRecursive});
  program.from(origin_of(spec, key_of(index, "target"), mount.target));
  make_target(program, mount.target, kLikeDescriptor);
  attach(program);
}

void mount_tmpfs(Program& program, const ContainerSpec& spec, std::size_t index) {
  const MountSpec& mount = spec.mounts[index];
  program.from(origin_of(spec, key_of(index, "target"), mount.target));
  MountOptions options = {{"mode", "1777"}};
  if (mount.size) options.emplace_back("size", std::to_string(mount.size->count));
  const std::uint64_t read_only = mount.read_only ? MOUNT_ATTR_RDONLY : 0u;
  make_file_system(program, "tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | read_only);
  make_target(program, mount.target, kDirectory);
  attach(program);
}

// /data before /data/cache, whatever the order in the file: the other way round the first would
// hide the second.
std::vector<std::size_t> by_depth(const std::vector<MountSpec>& mounts) {
  std::vector<std::size_t> order(mounts.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto depth = [&](std::size_t i) {
    const std::string path = normal_path(mounts[i].target);
    return std::count(path.begin(), path.end(), '/');
  };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t left, std::size_t right) { return depth(left) < depth(right); });
  return order;
}

void add_masks(Program& program, const ContainerSpec& spec, const HostFacts& facts) {
  const std::optional<std::vector<std::string>>& chosen = spec.security.masked_paths;
  const std::vector<std::string> paths = chosen ? *chosen : masked_paths(facts);
  for (std::size_t i = 0; i < paths.size(); ++i) {
    if (chosen) {
      program.from(origin_of(spec, "security.masked_paths[" + std::to_string(i) + "]", paths[i]));
    } else {
      program.from({"hide " + paths[i], "", 0, 0});
    }
    program.add(Op::mask, {.text = paths[i]});
  }
}

// What is below the root is mounted by itself, and stays as it is. The places of proc and sysfs,
// which the child mounts, have to be there before.
void make_root_read_only(Program& program, const ContainerSpec& spec) {
  for (const std::string_view path : {"proc", "sys"}) {
    program.from({"/" + std::string(path) + " of the root file system", "", 0, 0});
    make_target(program, path, kDirectory, handoff::kNoSymlinks);
  }
  program.from(origin_of(spec, "read_only"));
  program.add(Op::set_attr, {.fd = slots::kRoot, .value = MOUNT_ATTR_RDONLY});
  if (spec.root_template.empty()) return;
  program.add(Op::set_attr, {.fd = slots::kUsr, .value = MOUNT_ATTR_RDONLY});
}

bool is_below(const std::string& path, std::string_view parent) {
  return path == parent || path.starts_with(std::string(parent) + "/");
}

}  // namespace

Result<void> check_mounts(const ContainerSpec& spec) {
  for (std::size_t i = 0; i < spec.mounts.size(); ++i) {
    const std::string target = normal_path(spec.mounts[i].target);
    if (target == "/" || target == "/dev") {
      return std::unexpected(
          error_at(spec, key_of(i, "target"), target + " cannot be mounted over"));
    }
    if (!spec.secrets.empty() && is_below(target, kSecretsDirectory)) {
      return std::unexpected(
          error_at(spec, key_of(i, "target"), "the secrets are mounted on /run/secrets"));
    }
    for (const std::string_view own : {"/proc", "/sys", "/dev/pts", "/dev/mqueue"}) {
      if (!is_below(target, own)) continue;
      return std::unexpected(
          error_at(spec, key_of(i, "target"),
                   target + " cannot be mounted over: " + std::string(own) + " is made by berth"));
    }
  }
  return {};
}

void add_host_tree(Program& program, const ContainerSpec& spec, const HostFacts& facts,
                   const Paths& paths) {
  mount_root(program, spec, facts, paths);
  make_usual_directories(program);
  mount_dev(program, spec);
  if (spec.boots()) add_system_mounts(program, spec);
  bind_name_files(program, spec, paths);
  bind_notify_socket(program, spec, paths);
  for (const std::size_t i : by_depth(spec.mounts)) {
    spec.mounts[i].type == MountType::bind ? mount_bind(program, spec, i)
                                           : mount_tmpfs(program, spec, i);
  }
  add_secrets(program, spec);
  if (spec.read_only) make_root_read_only(program, spec);
}

void add_tree_removal(Program& program, const Paths& paths) {
  program.from({"take the mount tree away", "", 0, 0});
  program.add(Op::detach, {.text = tree_directory(paths.run()), .flags = handoff::kAlways});
}

void add_child_tree(Program& program, const ContainerSpec& spec, const HostFacts& facts,
                    const Paths& paths) {
  // The launcher's descriptors are of its own mount namespace; the child has a copy of the tree.
  program.from({"enter the mount tree", "", 0, 0});
  open_directory(program, slots::kRoot, tree_directory(paths.run()));
  mount_inside(program, "proc", "proc", {}, kQuiet);
  mount_inside(program, "sys", "sysfs", {}, kQuiet | MOUNT_ATTR_RDONLY);
  if (spec.boots()) {
    add_init_cgroups(program, facts);
  } else {
    const ControllerHome* memory = facts.controller("memory");
    if (memory != nullptr && !memory->v1) {
      mount_inside(program, "sys/fs/cgroup", "cgroup2", {}, kQuiet | MOUNT_ATTR_RDONLY);
    }
    mount_inside(program, "dev/pts", "devpts", pty_options(), kPtyAttributes);
  }
  mount_inside(program, "dev/mqueue", "mqueue", {}, kQuiet);
  program.from({"pivot_root", "", 0, 0});
  program.add(Op::pivot, {.fd = slots::kRoot});
  add_masks(program, spec, facts);
  for (const std::string_view path : read_only_paths()) {
    program.from({"make " + std::string(path) + " read-only", "", 0, 0});
    program.add(Op::read_only, {.text = path});
  }
}

}  // namespace berth::runtime
