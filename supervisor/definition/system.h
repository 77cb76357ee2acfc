// Containers of type "system", which boot an init of their own: what they have where nothing is
// written, and what makes no sense for an init.
#pragma once

#include "supervisor/definition/report.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

// The type's own defaults, for keys that the definition does not write.
void complete_system(ContainerSpec& spec);

void validate_system(const ContainerSpec& spec, Report& report);

}  // namespace berth::definition
