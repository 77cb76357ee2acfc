// The steps that give a container its secrets: files on a tmpfs of its own at /run/secrets, which
// only its user can read and nobody can write. Their content goes from the file on the host to
// that tmpfs within the launcher, and is in no program, message or log.
#pragma once

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"

namespace berth::runtime {

inline constexpr std::string_view kSecretsDirectory = "/run/secrets";

// Host steps, when the tree is assembled and still writable.
void add_secrets(handoff::Program& program, const ContainerSpec& spec);
// Child steps, when the user has been looked up: the files become the user's, the mount read-only.
void hand_over_secrets(handoff::Program& program, const ContainerSpec& spec);

}  // namespace berth::runtime
