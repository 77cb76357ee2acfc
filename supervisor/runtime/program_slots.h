// Which slot of a container's programs holds which descriptor. A step that makes a descriptor
// replaces what was in its slot, so that mounts one after the other share the scratch slots.
#pragma once

#include <string>

#include "supervisor/handoff/program.h"

namespace berth::runtime {

namespace slots {
inline constexpr int kNetns = handoff::slot(0);   // launch: sent along
inline constexpr int kPidfd = handoff::slot(0);   // exec: sent along
inline constexpr int kCgroup = handoff::slot(1);  // what the child is born into
inline constexpr int kStdout = handoff::slot(2);
inline constexpr int kStderr = handoff::slot(3);
inline constexpr int kTree = handoff::slot(5);  // the directory that the root is mounted on
inline constexpr int kRoot = handoff::slot(6);  // the root's mount
inline constexpr int kDev = handoff::slot(7);   // the mount of /dev
inline constexpr int kNull = handoff::slot(8);  // the container's /dev/null
inline constexpr int kUsr = handoff::slot(9);   // template "host": the mount of /usr
// Scratch.
inline constexpr int kContext = handoff::slot(10);  // of fsopen
inline constexpr int kMount = handoff::slot(11);
inline constexpr int kTarget = handoff::slot(12);
inline constexpr int kSource = handoff::slot(13);
inline constexpr int kLower = handoff::slot(14);
inline constexpr int kUpper = handoff::slot(15);
inline constexpr int kWork = handoff::slot(16);
inline constexpr int kSecrets = handoff::slot(17);  // the mount of /run/secrets
// A system container's: its console's two ends, and the mount of /sys/fs/cgroup.
inline constexpr int kConsole = handoff::slot(18);
inline constexpr int kConsolePeer = handoff::slot(19);
inline constexpr int kCgroups = handoff::slot(20);
// Of a hook's program: both are sent along.
inline constexpr int kHostMounts = handoff::slot(0);  // the host's mount namespace
inline constexpr int kHookOutput = handoff::slot(1);
inline constexpr int kHookCgroup = handoff::slot(2);
}  // namespace slots

// Where a launcher assembles a container's tree, in its own mount namespace.
inline std::string tree_directory(const std::string& run) { return run + "/tree"; }

}  // namespace berth::runtime
