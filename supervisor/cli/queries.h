// What several commands ask the daemon.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/control/client.h"
#include "supervisor/control/status.h"

namespace berth::cli {

Result<std::vector<control::ContainerStatus>> fetch_list(control::Client& client);
// std::nullopt: nothing is known under this name.
Result<std::optional<control::ContainerStatus>> fetch_status(control::Client& client,
                                                             const std::string& name);

}  // namespace berth::cli
