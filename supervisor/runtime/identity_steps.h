// The child's last steps, common to a container's first process and to commands run inside it:
// from whatever the child is to the user, capabilities and filter of the definition, and execve.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/seccomp.h"
#include "supervisor/runtime/security.h"

namespace berth::runtime {

// Everything about a container's processes that can be known, and can be wrong, beforehand.
struct Identity {
  std::vector<ResourceLimit> resources;
  Capabilities capabilities;
  const std::string* filter = nullptr;  // none: unconfined, or a file's
  std::string paths;                    // candidates for the program, NUL-separated
  std::string arguments;                // NUL-separated
  std::string environment;              // NUL-separated
};
// `key` is what `argv` was written under. Errors name keys.
Result<Identity> identity_of(const ContainerSpec& spec, const HostFacts& facts,
                             SeccompFilters& filters, const std::string& key,
                             const std::vector<std::string>& argv);

// Host steps, before the child's birth: the seccomp profile of a file.
void add_profile(handoff::Program& program, const ContainerSpec& spec);
// Steps that must come while the child still sees the host: resource limits, the OOM score.
void add_resources(handoff::Program& program, const ContainerSpec& spec, const Identity& identity);
// Looks the user up; from here on `own` is possible. After the root has been entered.
void add_user_lookup(handoff::Program& program, const ContainerSpec& spec);
// The rest, up to execve. After add_user_lookup; descriptors 0, 1 and 2 are final.
void add_identity(handoff::Program& program, const ContainerSpec& spec, const Identity& identity,
                  const std::string& key, const std::string& command);

// NAME=value entries: berth's own, then the definition's, which win.
std::string environment_of(const ContainerSpec& spec);

}  // namespace berth::runtime
