// The files of one definition, found by the name that `berth cat` and `berth show` are given.
#pragma once

#include <string>

#include "supervisor/base/result.h"
#include "supervisor/definition/load.h"
#include "supervisor/model/paths.h"

namespace berth::cli {

enum class DefinitionKind { container, network, host };

struct FoundDefinition {
  DefinitionKind kind = DefinitionKind::container;
  definition::File file;  // with its drop-ins
  std::string mask;       // the link to /dev/null that takes the name away; then `file` is empty
};

// NAME is a container's; "network/NAME" (or NAME, when `network`) a network's; "berthd.toml" means
// the host's settings. The error says why there is none, and which name is near.
Result<FoundDefinition> find_definition(const Paths& paths, std::string name, bool network);

}  // namespace berth::cli
