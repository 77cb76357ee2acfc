// Which devices a cgroup may use, on cgroup v2: a BPF program that the kernel asks at each open and
// mknod of a device (BPF_PROG_TYPE_CGROUP_DEVICE). Compiling is pure; the kernel's verifier looks
// at the result when it is loaded.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <linux/bpf.h>

#include "supervisor/base/result.h"

namespace berth::runtime {

struct DeviceRule {
  char type = 'c';  // c or b
  unsigned major = 0;
  unsigned minor = 0;
  bool every_minor = false;
  std::string permissions;  // of r, w and m
  bool operator==(const DeviceRule&) const = default;
};

// "c 1:3 rwm", "c 136:* rw".
Result<DeviceRule> parse_device_rule(std::string_view text);
std::string format_device_rule(const DeviceRule& rule);

// Answers 1 when one rule allows all that is asked for, else 0.
std::vector<bpf_insn> compile_device_program(std::span<const DeviceRule> rules);

// Loads the program and attaches it to the cgroup: it is asked as long as the cgroup is there, and
// beside those of the cgroups above.
Result<void> attach_device_program(int cgroup, std::span<const bpf_insn> program);

}  // namespace berth::runtime
