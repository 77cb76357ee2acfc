// Places in a definition: for errors found while compiling, and for the steps of a program, whose
// failures are told the same way.
#pragma once

#include <string>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"

namespace berth::runtime {

// "web.toml:14:3: limits.memory: what is wrong"
Error error_at(const ContainerSpec& spec, const std::string& key, const std::string& problem);

// The origin of steps that a key asked for: "limits.memory: 512M" at its place.
handoff::Origin origin_of(const ContainerSpec& spec, const std::string& key,
                          const std::string& value = {});

}  // namespace berth::runtime
