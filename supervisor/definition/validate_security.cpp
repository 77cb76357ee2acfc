// Security and sysctls: what contradicts itself, and what the container shares with the host.
#include <algorithm>

#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

void validate_capabilities(const ContainerSpec& spec, Report& report) {
  const SecuritySpec& security = spec.security;
  for (size_t i = 0; i < security.cap_add.size(); ++i) {
    const std::string& name = security.cap_add[i];
    const auto dropped = std::ranges::find(security.cap_drop, name);
    if (dropped == security.cap_drop.end()) continue;
    const auto index = static_cast<size_t>(dropped - security.cap_drop.begin());
    const std::string key = "security.cap_add[" + std::to_string(i) + "]";
    report.error_at(where_of(spec, key), key,
                    quote(name) + " is dropped, too, at " +
                        format(where_of(spec, "security.cap_drop[" + std::to_string(index) + "]")),
                    "one of the two");
  }
}

void validate_masks(const ContainerSpec& spec, Report& report) {
  if (!spec.security.masked_paths) return;
  const auto& paths = *spec.security.masked_paths;
  for (size_t i = 0; i < paths.size(); ++i) {
    if (paths[i].find_first_not_of('/') != std::string::npos) continue;
    const std::string key = "security.masked_paths[" + std::to_string(i) + "]";
    report.error_at(where_of(spec, key), key, "the whole root file system cannot be hidden",
                    "a path below it");
  }
}

void validate_sysctls(const ContainerSpec& spec, Report& report) {
  if (spec.network != NetworkMode::host) return;
  for (const auto& [name, value] : spec.sysctls) {
    if (!name.starts_with("net.")) continue;
    const std::string key = "sysctls." + show_key(name);
    report.error_at(where_of(spec, key), key,
                    quote(name) + " would be the host's: network is \"host\" at " +
                        format(where_of(spec, "network")),
                    "another network, or sysctl.d(5) on the host");
  }
}

}  // namespace

void validate_security(const ContainerSpec& spec, Report& report) {
  validate_capabilities(spec, report);
  validate_masks(spec, report);
  validate_sysctls(spec, report);
}

}  // namespace berth::definition
