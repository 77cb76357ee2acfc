// What the steps of a container's mount tree are made of: a new file system, a place for it below
// the root in slots::kRoot, the one put onto the other.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <linux/mount.h>

#include "supervisor/handoff/program.h"

namespace berth::runtime {

inline constexpr std::uint64_t kDirectory = 0;  // make_target's kinds
inline constexpr std::uint64_t kFile = 1;
inline constexpr std::uint64_t kLikeDescriptor = 2;  // as what is in slots::kMount

inline constexpr std::uint64_t kQuiet = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

using MountOptions = std::vector<std::pair<std::string_view, std::string>>;

// A new file system in slots::kMount. An option without a value is a flag.
void make_file_system(handoff::Program& program, std::string_view type, const MountOptions& options,
                      std::uint64_t attributes);
// slots::kTarget is `path` below the root, made when it is missing.
void make_target(handoff::Program& program, std::string_view path, std::uint64_t kind,
                 std::uint16_t flags = 0);
// What is in slots::kMount onto slots::kTarget.
void attach(handoff::Program& program);
// All three. No part of `path` may be a link: /proc, /sys and /dev of a root file system must be
// directories (CVE-2026-41579).
void mount_inside(handoff::Program& program, const std::string& path, std::string_view type,
                  const MountOptions& options, std::uint64_t attributes);
// An absolute path's directory, to be used but not read.
void open_directory(handoff::Program& program, int slot, const std::string& path);

// Of a container's own devpts. Ptys are devices.
MountOptions pty_options();
inline constexpr std::uint64_t kPtyAttributes = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;

// "/data//x/" -> "/data/x"
std::string normal_path(std::string_view path);

}  // namespace berth::runtime
