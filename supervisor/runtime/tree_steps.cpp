#include "supervisor/runtime/tree_steps.h"

#include <fcntl.h>
#include <linux/openat2.h>

#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {

using handoff::Op;
using handoff::Program;

void make_file_system(Program& program, std::string_view type, const MountOptions& options,
                      std::uint64_t attributes) {
  program.add(Op::fs_open, {.fd = slots::kContext, .text = type});
  for (const auto& [name, value] : options) {
    program.add(Op::fs_config, {.fd = slots::kContext, .text = name, .text2 = value});
  }
  program.add(Op::fs_mount, {.fd = slots::kContext, .fd2 = slots::kMount, .value = attributes});
  program.add(Op::close, {.fd = slots::kContext});
}

void make_target(Program& program, std::string_view path, std::uint64_t kind, std::uint16_t flags) {
  program.add(Op::make_target, {.fd = slots::kTarget,
                                .fd2 = slots::kRoot,
                                .text = path,
                                .value = kind,
                                .value2 = kind == kLikeDescriptor ? slots::kMount : 0u,
                                .flags = flags});
}

void attach(Program& program) {
  program.add(Op::attach, {.fd = slots::kMount, .fd2 = slots::kTarget});
}

void mount_inside(Program& program, const std::string& path, std::string_view type,
                  const MountOptions& options, std::uint64_t attributes) {
  program.from({"/" + path + " of the root file system", "", 0, 0});
  make_target(program, path, kDirectory, handoff::kNoSymlinks);
  program.from({"mount " + std::string(type) + " on /" + path, "", 0, 0});
  make_file_system(program, type, options, attributes);
  attach(program);
}

void open_directory(Program& program, int slot, const std::string& path) {
  program.add(Op::open_path, {.fd = slot,
                              .text = path,
                              .value = O_PATH | O_DIRECTORY | O_CLOEXEC,
                              .value2 = RESOLVE_NO_MAGICLINKS});
}

MountOptions pty_options() { return {{"mode", "620"}, {"ptmxmode", "666"}, {"gid", "5"}}; }

std::string normal_path(std::string_view path) {
  std::string out;
  for (const char c : path) {
    if (c == '/' && !out.empty() && out.back() == '/') continue;
    out += c;
  }
  while (out.size() > 1 && out.back() == '/') out.pop_back();
  return out;
}

}  // namespace berth::runtime
