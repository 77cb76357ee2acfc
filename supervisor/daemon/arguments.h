// The command line of berthd.
#pragma once

#include <string>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/model/paths.h"

namespace berth::daemon {

struct Arguments {
  enum class Role { keeper, worker, launcher, help, version } role = Role::keeper;
  Paths paths;
};

// `environment_root` is BERTH_ROOT or empty; --root wins over it.
Result<Arguments> parse_arguments(const std::vector<std::string>& words,
                                  std::string_view environment_root);

std::string_view usage();

}  // namespace berth::daemon
