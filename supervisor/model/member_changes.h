// Which members of a definition's tables and lists differ: "environment.TZ", "mounts[1]".
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/keys.h"

namespace berth {

// As changed_keys, but of a key that holds a table or a list only the members that differ, each
// under its own path. The items of a list are compared from both ends, so that one that was put in
// or taken out does not change those behind it; its index is the one in `after`, of an item that is
// gone the one in `before`. The words of a command are one value.
std::vector<KeyChange> changed_members(const ContainerSpec& before, const ContainerSpec& after);
std::vector<KeyChange> changed_members(const NetworkSpec& before, const NetworkSpec& after);

// Where a network's key was written; the file as a whole when it was not.
SourcePos where_of(const NetworkSpec& spec, const std::string& key);

}  // namespace berth
