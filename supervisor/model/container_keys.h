// The parts of the container's key table, for its own files alone: everybody else reads
// container_keys() of keys.h.
#pragma once

#include <span>

#include "supervisor/model/keys.h"

// The accessor of a field: a captureless lambda, turned into the function pointer that it is.
#define FIELD(path) +[](ContainerSpec& spec) -> auto& { return spec.path; }

namespace berth {

using ContainerKey = Key<ContainerSpec>;

std::span<const ContainerKey> supervision_keys();
std::span<const ContainerKey> confinement_keys();

}  // namespace berth
