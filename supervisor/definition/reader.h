// From a file's bytes to a tree. Nothing here throws; what the libraries throw is caught in the
// file that calls them.
//
// A mistake of form ends the reading of a file: the answer is then empty, and the report says
// where and why. A value that has no place in a definition (a date, a tag, a duplicate key) is
// reported, stands as Broken in the tree, and reading goes on.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/definition/load.h"
#include "supervisor/definition/report.h"
#include "supervisor/definition/tree.h"

namespace berth::definition {

// The root is always a table: an empty file is an empty table.
std::optional<Value> read_file(Format format, const std::string& content, Report& report);

// What both formats ask of the bytes: at most 1 MiB, UTF-8, no NUL.
bool check_bytes(std::string_view content, Report& report);

// The two readers; they want bytes that passed check_bytes, without a byte order mark.
std::optional<Value> read_toml(std::string_view content, Report& report);
std::optional<Value> read_yaml(std::string_view content, Report& report);

// YAML that was written for other tools (`berth import`): any number of documents, merge keys as
// members called "<<", and every scalar but a plain null as the text that stands there, since
// what 0440, 1.10 or yes mean is for the reader of that tool's keys to say. Takes any bytes.
std::optional<std::vector<Value>> read_foreign_yaml(const std::string& content, Report& report);

}  // namespace berth::definition
