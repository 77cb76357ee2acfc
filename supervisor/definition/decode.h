// From trees to specs, driven by the key tables: every key is found in a table, read by its
// field's type, and its position noted in spec.where. Whatever is wrong goes into the report, and
// the rest of the file is decoded all the same, so that every mistake is seen at once.
#pragma once

#include <string>

#include "supervisor/definition/report.h"
#include "supervisor/definition/tree.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

// `root` is a table. The spec is worth something only if the report has not failed.
ContainerSpec decode_container(const Value& root, const std::string& name, Report& report);
NetworkSpec decode_network(const Value& root, const std::string& name, Report& report);
HostSpec decode_host(const Value& root, Report& report);

}  // namespace berth::definition
