#include "supervisor/cli/host_checks.h"

#include <cerrno>
#include <cstring>

#include <nlohmann/json.hpp>
#include <sys/stat.h>

#include "supervisor/base/trusted_open.h"
#include "supervisor/network/port_check.h"
#include "supervisor/plan/preflight.h"

namespace berth::cli {

namespace {

constexpr std::size_t kProfileMost = 1u << 20;

using Kind = NeededPath::Kind;

// As far as it can be told without compiling it, which is the daemon's matter.
std::string trouble_with_profile(const std::string& path) {
  const auto found = open_trusted(path);
  if (!found) return "the profile is not taken: " + found.error().message();
  const auto text = read_regular(found->fd, kProfileMost);
  if (!text) return text.error().code == EACCES ? "" : text.error().message();
  const auto json = nlohmann::json::parse(*text, nullptr, false);
  if (json.is_discarded()) return "the profile is not valid JSON";
  const bool complete = json.is_object() && json.contains("defaultAction");
  return complete ? "" : "the profile has no defaultAction";
}

// What is wrong with the path; empty: nothing, or it cannot be known.
std::string trouble_with(const NeededPath& needed) {
  struct stat status{};
  if (::stat(needed.path.c_str(), &status) != 0) {
    return errno == EACCES || errno == EPERM ? "" : std::strerror(errno);
  }
  const bool is_block = S_ISBLK(status.st_mode);
  switch (needed.kind) {
    case Kind::any: return "";
    case Kind::directory: return S_ISDIR(status.st_mode) ? "" : std::strerror(ENOTDIR);
    case Kind::device: return is_block || S_ISCHR(status.st_mode) ? "" : "it is no device";
    case Kind::block_device: return is_block ? "" : "it is no block device";
    case Kind::program:
      if (!S_ISREG(status.st_mode)) return "it is no program";
      return (status.st_mode & 0111) != 0 ? "" : "it is not executable";
    case Kind::seccomp_profile: return trouble_with_profile(needed.path);
  }
  return "";
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
