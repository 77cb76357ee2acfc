#include "supervisor/runtime/secret_steps.h"

#include <string>

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>

#include "supervisor/runtime/file_watch.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

}  // namespace

void add_secrets(Program& program, const ContainerSpec& spec) {
  if (spec.secrets.empty()) return;
  program.from({"make a file system for secrets", "", 0, 0});
  program.add(Op::fs_open, {.fd = slots::kContext, .text = "tmpfs"});
  program.add(Op::fs_config, {.fd = slots::kContext, .text = "mode", .text2 = "555"});
  program.add(Op::fs_config, {.fd = slots::kContext, .text = "size", .text2 = "16M"});
  // Never written to a disk; Linux 6.4.
  program.add(Op::fs_config,
              {.fd = slots::kContext, .text = "noswap", .flags = handoff::kTolerateAll});
  program.add(Op::fs_mount, {.fd = slots::kContext, .fd2 = slots::kSecrets, .value = kQuiet});
  program.add(Op::close, {.fd = slots::kContext});
  for (const auto& [name, path] : spec.secrets) {
    program.from(origin_of(spec, "secrets." + name, path));
    program.add(Op::copy_file, {.fd2 = slots::kSecrets,
                                .text = path,
                                .text2 = name,
                                .value = 0400,
                                .value2 = FileWatch::kTextMost});
  }
  program.from(origin_of(spec, "secrets", std::string(kSecretsDirectory)));
  program.add(Op::make_target,
              {.fd = slots::kTarget, .fd2 = slots::kRoot, .text = kSecretsDirectory});
  program.add(Op::attach, {.fd = slots::kSecrets, .fd2 = slots::kTarget});
}

void hand_over_secrets(Program& program, const ContainerSpec& spec) {
  if (spec.secrets.empty()) return;
  program.from(origin_of(spec, "secrets", std::string(kSecretsDirectory)));
  for (const auto& [name, path] : spec.secrets) {
    program.add(Op::own, {.fd = slots::kSecrets, .text = name});
  }
  // The launcher's descriptor is of its own mount namespace; this is the copy of the mount here.
  program.add(Op::open_path, {.fd = slots::kTarget,
                              .text = kSecretsDirectory,
                              .value = O_PATH | O_DIRECTORY | O_CLOEXEC,
                              .value2 = RESOLVE_NO_MAGICLINKS});
  program.add(Op::set_attr, {.fd = slots::kTarget, .value = MOUNT_ATTR_RDONLY});
}

}  // namespace berth::runtime
