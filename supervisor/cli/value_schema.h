// The JSON Schema (draft-07) of one key's value: every form that the decoder takes, and as few
// others as patterns can tell apart. Pure.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include "supervisor/model/key_info.h"

namespace berth::cli {

// `items` are the schemas of tables that stand in lists and tables of tables: those of mounts,
// depends_on, networks and limits.io, by the name of the key that has them.
nlohmann::ordered_json value_schema(const KeyInfo& key, const nlohmann::ordered_json& items);

}  // namespace berth::cli
