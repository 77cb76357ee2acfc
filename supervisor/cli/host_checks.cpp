#include "supervisor/cli/host_checks.h"

#include <cerrno>
#include <cstring>

#include <sys/stat.h>

#include "supervisor/network/port_check.h"
#include "supervisor/plan/preflight.h"

namespace berth::cli {

namespace {

// What is wrong with the path; empty: nothing, or it cannot be known.
std::string trouble_with(const NeededPath& needed) {
  struct stat status{};
  if (::stat(needed.path.c_str(), &status) != 0) {
    return errno == EACCES || errno == EPERM ? "" : std::strerror(errno);
  }
  return needed.directory && !S_ISDIR(status.st_mode) ? std::strerror(ENOTDIR) : "";
}

Diagnostic complaint(const ContainerSpec& spec, const std::string& key, std::string problem) {
  return Diagnostic{Severity::error, where_of(spec, key), key, std::move(problem), "", spec.name};
}

}  // namespace

std::vector<Diagnostic> check_host(const std::vector<SpecPtr>& specs) {
  std::vector<Diagnostic> problems;
  for (const SpecPtr& spec : specs) {
    for (const NeededPath& needed : needed_paths(*spec)) {
      const std::string trouble = trouble_with(needed);
      if (trouble.empty()) continue;
      problems.push_back(complaint(*spec, needed.key, needed.path + ": " + trouble));
    }
    for (std::size_t i = 0; i < spec->ports.size(); ++i) {
      const auto free = network::check_port_is_free(spec->ports[i]);
      if (free) continue;
      problems.push_back(
          complaint(*spec, "ports[" + std::to_string(i) + "]", free.error().message()));
    }
  }
  return problems;
}

}  // namespace berth::cli
