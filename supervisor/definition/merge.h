// Drop-ins: the trees of several files become one.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/definition/load.h"
#include "supervisor/definition/report.h"
#include "supervisor/definition/tree.h"

namespace berth::definition {

// `over` is merged over `base`, key by key: tables are merged, everything else is replaced; an
// empty list so leaves nothing of the one before. What is short for a table counts as that table
// (restart = "always"; depends_on = ["db"] below a table).
void merge(Table& base, Table over);

// The file's and its drop-ins' paths as they are shown, in the order of Place::file.
std::vector<std::string> paths_of(const File& file);

// The tree of a file and its drop-ins; `report` was made with paths_of(file). Every value's place
// says which of them it is from. Empty when one of them cannot be read: then the report says why.
std::optional<Value> read_merged(const File& file, Report& report);

}  // namespace berth::definition
