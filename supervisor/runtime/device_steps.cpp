#include "supervisor/runtime/device_steps.h"

#include <array>
#include <string>
#include <string_view>

#include <linux/capability.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/program_slots.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Program;

struct Device {
  std::string_view name;
  unsigned major;
  unsigned minor;
};
constexpr std::array<Device, 6> kDevices = {{{"null", 1, 3},
                                             {"zero", 1, 5},
                                             {"full", 1, 7},
                                             {"random", 1, 8},
                                             {"urandom", 1, 9},
                                             {"tty", 5, 0}}};

// Those, the pty multiplexer, and the ptys of the container's own devpts.
constexpr std::string_view kUsualRules[] = {"c 1:3 rwm", "c 1:5 rwm", "c 1:7 rwm", "c 1:8 rwm",
                                            "c 1:9 rwm", "c 5:0 rwm", "c 5:2 rwm", "c 136:* rwm"};

constexpr std::uint64_t kV1 = 1;  // limit_devices' kinds
constexpr std::uint64_t kV2 = 2;

std::string key_of(std::size_t index) { return "devices[" + std::to_string(index) + "]"; }

}  // namespace

void add_device_nodes(Program& program, const ContainerSpec& spec) {
  program.from({"fill /dev", "", 0, 0});
  for (const Device& device : kDevices) {
    program.add(Op::make_node, {.fd2 = slots::kDev,
                                .text = device.name,
                                .value = S_IFCHR | 0666,
                                .value2 = makedev(device.major, device.minor)});
  }
  for (std::size_t i = 0; i < spec.devices.size(); ++i) {
    const DeviceSpec& device = spec.devices[i];
    program.from(origin_of(spec, key_of(i), device.source));
    program.add(
        Op::make_device,
        {.fd2 = slots::kDev,
         .text = device.source,
         .text2 = std::string_view(device.target).substr(std::string_view("/dev/").size())});
  }
}

void add_device_limit(Program& program, const ContainerSpec& spec, const HostFacts& facts,
                      std::uint64_t capabilities) {
  std::string rules;
  const auto add = [&rules](std::string_view rule) {
    if (!rules.empty()) rules += '\0';
    rules += rule;
  };
  for (const std::string_view rule : kUsualRules) add(rule);
  for (const DeviceSpec& device : spec.devices) add(device.source + " " + device.permissions);
  const ControllerHome* home = facts.controller("devices");
  const bool v1 = home != nullptr && home->v1;
  const auto granted = [capabilities](int capability) {
    return ((capabilities >> capability) & 1) != 0;
  };
  // Nodes are made with the first of these alone, and file systems from outside are mounted without
  // devices, which the second can undo; the third reaches hardware in ways of its own.
  const bool by_right = granted(CAP_MKNOD) || granted(CAP_SYS_ADMIN) || granted(CAP_SYS_RAWIO);
  const bool reachable = by_right || !spec.devices.empty();
  if (!reachable) {
    program.from(origin_of(spec, "devices"));
  } else {
    program.from(origin_of(spec, by_right ? "security.cap_add" : "devices",
                           "keeping it from devices that are not its own"));
  }
  program.add(Op::limit_devices, {.text = v1 ? controller_cgroup(spec.name, "devices", facts)
                                             : tracking_cgroup(spec.name, facts),
                                  .text2 = rules,
                                  .value = v1 ? kV1 : kV2,
                                  .flags = std::uint16_t(reachable ? 0 : handoff::kTolerateAll)});
}

}  // namespace berth::runtime
