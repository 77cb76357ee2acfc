// Which networks a container is attached to.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/spec.h"

namespace berth::planning {

// The default network when the definition names none; empty with network "none" or "host".
const std::vector<NetworkAttachment>& attachments_of(const ContainerSpec& spec);

}  // namespace berth::planning
