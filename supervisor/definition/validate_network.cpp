// A container's network keys: what fits its mode, and ports and networks that do not repeat.
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

std::string item(const char* list, size_t index) {
  return std::string(list) + "[" + std::to_string(index) + "]";
}

void validate_ports(const ContainerSpec& spec, Report& report) {
  if (spec.network != NetworkMode::bridge && spec.where.contains("ports")) {
    report.error_at(where_of(spec, "ports"), "ports",
                    spec.network == NetworkMode::host
                        ? "with network \"host\" every port of the container is one of the host"
                        : "with network \"none\" no port leads into the container",
                    "leave out ports, or network");
  }
  for (size_t i = 0; i < spec.ports.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (!same_host_port(spec.ports[i], spec.ports[j])) continue;
      report.error_at(where_of(spec, item("ports", i)), item("ports", i),
                      show_host_port(spec.ports[i]) + " is published already, at " +
                          format(where_of(spec, item("ports", j))),
                      "another port of the host");
      break;
    }
  }
}

}  // namespace

void validate_network_keys(const ContainerSpec& spec, Report& report) {
  validate_ports(spec, report);
  if (spec.network != NetworkMode::bridge && spec.where.contains("networks")) {
    report.error_at(where_of(spec, "networks"), "networks",
                    "with network " + quote(format_value(spec.network)) +
                        " there is nothing to attach to networks",
                    "one of network and networks");
  }
  for (size_t i = 0; i < spec.networks.size(); ++i) {
    const NetworkAttachment& network = spec.networks[i];
    const std::string key = item("networks", i);
    if (network.name.empty() && !spec.where.contains(key + ".name")) {
      report.error_at(where_of(spec, key), key, "this network has no name", "name = \"lan\"");
    }
    if (network.name == "none" || network.name == "host") {
      report.error_at(where_of(spec, key), key, quote(network.name) + " is not a network",
                      "network = \"" + network.name + "\"");
    }
    for (size_t j = 0; j < i; ++j) {
      if (network.name.empty() || spec.networks[j].name != network.name) continue;
      report.error_at(where_of(spec, key), key,
                      "the network " + quote(network.name) + " is listed already, at " +
                          format(where_of(spec, item("networks", j))),
                      "");
      break;
    }
  }
}

bool same_host_port(const PortSpec& left, const PortSpec& right) {
  return left.host_port != 0 && left.host_port == right.host_port &&
         left.protocol == right.protocol && same_host_address(left, right);
}

bool same_host_address(const PortSpec& left, const PortSpec& right) {
  const std::string_view every = left.is_ipv6() ? "::" : "0.0.0.0";
  return left.is_ipv6() == right.is_ipv6() &&
         (left.host_address == right.host_address || left.host_address == every ||
          right.host_address == every);
}

std::string show_host_port(const PortSpec& port) {
  return show_host_address(port) + ":" + std::to_string(port.host_port) + "/" +
         format_value(port.protocol);
}

}  // namespace berth::definition
