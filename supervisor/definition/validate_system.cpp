// What containers of type "system" have by default, and what is refused for them.
#include <algorithm>

#include "supervisor/definition/system.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/keys.h"

namespace berth::definition {

namespace {

constexpr const char* kInit = "/sbin/init";
// What systemd takes for "halt"; https://systemd.io/CONTAINER_INTERFACE.
constexpr const char* kHalt = "SIGRTMIN+3";

bool is_root(std::string_view user) {
  const std::string_view name = user.substr(0, user.find(':'));
  return name.empty() || name == "0" || name == "root";
}

bool is_mounted(const ContainerSpec& spec, std::string_view target) {
  return std::ranges::any_of(spec.mounts, [&](const MountSpec& mount) {
    return std::string_view(mount.target).substr(0, mount.target.find_last_not_of('/') + 1) ==
               target &&
           !mount.read_only;
  });
}

void validate_console(const ContainerSpec& spec, Report& report) {
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    if (spec.mounts[i].target != "/dev/console") continue;
    const std::string key = "mounts[" + std::to_string(i) + "].target";
    report.error_at(where_of(spec, key), key,
                    "/dev/console of a container of type \"system\" is its log's", "another path");
  }
}

}  // namespace

void complete_system(ContainerSpec& spec) {
  if (!spec.boots()) return;
  const auto written = [&spec](const char* key) { return spec.where.contains(key); };
  if (!written("command") && !written("entrypoint")) spec.command = {kInit};
  if (!written("stop_signal")) spec.stop_signal = *parse_signal(kHalt);
}

void validate_system(const ContainerSpec& spec, Report& report) {
  if (!spec.boots()) return;
  if (!is_root(spec.user)) {
    report.error_at(where_of(spec, "user"), "user",
                    "the init of a container of type \"system\" starts everything else, and has to "
                    "be root",
                    "leave it out, or type = \"service\"");
  }
  if (spec.read_only && !is_mounted(spec, "/var")) {
    report.error_at(where_of(spec, "read_only"), "read_only",
                    "an init cannot work without a /var to write to",
                    "mounts = [{ type = \"tmpfs\", target = \"/var\" }], or read_only = false");
  }
  validate_console(spec, report);
}

}  // namespace berth::definition
