#include "supervisor/definition/validate.h"

#include "supervisor/definition/shapes.h"
#include "supervisor/definition/system.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

bool written(const ContainerSpec& spec, const std::string& key) { return spec.where.contains(key); }

void validate_root(const ContainerSpec& spec, Report& report) {
  if (written(spec, "rootfs") && written(spec, "template")) {
    report.error_at(where_of(spec, "rootfs"), "rootfs",
                    "there is a template, too, at " + format(where_of(spec, "template")),
                    "one of the two");
  }
  if (!written(spec, "rootfs") && !written(spec, "template")) {
    report.error_at(where_of(spec, ""), "template", "there is no root file system",
                    "template = \"host\", or rootfs = \"/srv/web\"");
  }
}

void validate_restart(const ContainerSpec& spec, Report& report) {
  const RestartSpec& restart = spec.restart;
  const bool endless =
      restart.policy == RestartPolicy::always || restart.policy == RestartPolicy::unless_stopped;
  if (spec.type == ContainerType::oneshot && endless) {
    report.error_at(where_of(spec, "restart.policy"), "restart.policy",
                    "a oneshot that is restarted with policy " +
                        quote(format_value(restart.policy)) + " would never be completed",
                    "on-failure or no");
  }
  if (restart.max_delay < restart.delay) {
    const std::string key =
        written(spec, "restart.max_delay") ? "restart.max_delay" : "restart.delay";
    report.error_at(where_of(spec, key), key,
                    "max_delay " + format_duration(restart.max_delay) + " is shorter than delay " +
                        format_duration(restart.delay),
                    "");
  }
}

void validate_update(const ContainerSpec& spec, Report& report) {
  if (spec.update.reload && spec.update.watch.empty()) {
    report.error_at(where_of(spec, "update.reload"), "update.reload",
                    "no file is watched whose change could be told",
                    "watch = [\"/etc/shop.conf\"]");
  }
}

}  // namespace

void validate(const ContainerSpec& spec, Report& report) {
  validate_root(spec, report);
  if (!spec.boots() && !written(spec, "command") && !written(spec, "entrypoint")) {
    report.error_at(where_of(spec, ""), "command", "there is no command",
                    R"(command = ["/usr/bin/program", "argument"])");
  }
  validate_restart(spec, report);
  validate_update(spec, report);
  validate_schedule(spec, report);
  validate_health(spec, report);
  validate_mounts(spec, report);
  validate_limits(spec, report);
  validate_devices(spec, report);
  validate_network_keys(spec, report);
  validate_security(spec, report);
  validate_system(spec, report);
}

void validate(NetworkSpec& spec, Report& report) {
  if (spec.name == "default") {
    report.error(Place{}, "", "the network \"default\" is defined by berthd.toml",
                 "another name, or bridge and subnet in berthd.toml");
  }
  if (!spec.where.contains("subnet")) {
    report.error(Place{}, "subnet", "there is no subnet", "subnet = \"10.20.0.0/24\"");
  }
  if (spec.where.contains("bridge")) return;
  spec.bridge = "br-" + spec.name;
  if (check_shape(Shape::link_name, spec.bridge)) {
    report.error(Place{}, "bridge",
                 "the link's name " + quote(spec.bridge) + " would be longer than 15 characters",
                 "bridge = \"br-" + spec.name.substr(0, 12) + "\"");
  }
}

}  // namespace berth::definition
