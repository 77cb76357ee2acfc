// What must be true of one spec by itself, beyond the form of its single values.
#pragma once

#include "supervisor/definition/report.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

// A key that was written wrongly is not complained about a second time as missing.
void validate(const ContainerSpec& spec, Report& report);
// Also fills in what depends on the name: the bridge's link, when it was not written.
void validate(NetworkSpec& spec, Report& report);

// The parts of the container's validation that have files of their own.
void validate_health(const ContainerSpec& spec, Report& report);
void validate_schedule(const ContainerSpec& spec, Report& report);
void validate_mounts(const ContainerSpec& spec, Report& report);
void validate_limits(const ContainerSpec& spec, Report& report);
void validate_devices(const ContainerSpec& spec, Report& report);
void validate_security(const ContainerSpec& spec, Report& report);
void validate_network_keys(const ContainerSpec& spec, Report& report);

// Two host ports that cannot both be published: the same number and protocol on addresses that
// overlap (0.0.0.0 is every address).
bool same_host_port(const PortSpec& left, const PortSpec& right);
// "127.0.0.1:8080/tcp": the host's side of a published port.
std::string show_host_port(const PortSpec& port);
// The same address, or every one of the family and one of it.
bool same_host_address(const PortSpec& left, const PortSpec& right);

}  // namespace berth::definition
