// Names in depends_on: of containers, and of systemd's units after "systemd:".
#pragma once

#include <optional>
#include <string_view>

#include "supervisor/definition/wording.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

// What is wrong with the name, if anything is. A unit's is held to systemd's own rules
// (systemd.unit(5)); whether there is such a unit is not asked.
std::optional<Complaint> check_dependency_name(std::string_view name);

// What is wrong with waiting for this condition of it; only units have conditions that never come.
std::optional<Complaint> check_dependency_condition(std::string_view name,
                                                    DependencyCondition condition);

}  // namespace berth::definition
