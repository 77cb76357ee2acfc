// What a container may do: its capabilities, and the paths of /proc and /sys that are hidden from
// it or read-only. The seccomp filter has a file of its own (seccomp.h).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/model/capabilities.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"

namespace berth::runtime {

// Bit n stands for capability number n.
struct Capabilities {
  std::uint64_t granted = 0;  // bounding, permitted and effective
  std::uint64_t ambient = 0;  // what a user other than root keeps over execve: cap_add alone
  bool operator==(const Capabilities&) const = default;
};

// The short list that every container starts from.
std::uint64_t default_capabilities();
// The list (of a system container with sys_boot) with cap_drop taken away and cap_add given. A
// capability that berthd itself does not have cannot be given: an error naming the key.
Result<Capabilities> capabilities_of(const ContainerSpec& spec, const HostFacts& facts);

// Whether a `user` key surely means user id 0.
bool is_root_user(std::string_view user);

// Absolute paths in the container. The union of what runc, Moby, containerd and Podman hide or
// protect, and what else of /proc can be written by an unprivileged root.
std::vector<std::string> masked_paths(const HostFacts& facts);
std::span<const std::string_view> read_only_paths();

}  // namespace berth::runtime
