// The short forms that are written as one text: ports, mounts, devices, ulimits.
#pragma once

#include <expected>
#include <string_view>

#include "supervisor/definition/wording.h"
#include "supervisor/model/spec.h"

namespace berth::definition {

// "[host address:]host:container[/proto]"; loopback unless an address is given.
std::expected<PortSpec, Complaint> parse_port(std::string_view text);

// "source:target[:ro]", a bind mount. Its paths are checked like those of a table.
std::expected<MountSpec, Complaint> parse_mount(std::string_view text);

// "source[:target[:permissions]]", both paths below /dev.
std::expected<DeviceSpec, Complaint> parse_device(std::string_view text);

// "65536", "1024:65536", "unlimited", "1024:unlimited".
std::expected<UlimitSpec, Complaint> parse_ulimit(std::string_view text);

const std::vector<std::string_view>& ulimit_names();

}  // namespace berth::definition
