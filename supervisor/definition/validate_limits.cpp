// Limits: what must fit together, and which files of a cgroup have a key of their own.
#include <array>
#include <utility>

#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

bool written(const ContainerSpec& spec, const std::string& key) { return spec.where.contains(key); }

void validate_memory(const ContainerSpec& spec, Report& report) {
  const LimitSpec& limits = spec.limits;
  if (limits.memory && limits.memory_high && *limits.memory_high > *limits.memory) {
    report.error_at(where_of(spec, "limits.memory_high"), "limits.memory_high",
                    format_bytes(*limits.memory_high) + " is more than limits.memory, " +
                        format_bytes(*limits.memory),
                    "less than limits.memory");
  }
  if (limits.memory_swap && !limits.memory && !written(spec, "limits.memory")) {
    report.error_at(where_of(spec, "limits.memory_swap"), "limits.memory_swap",
                    "swap is limited beside memory, and limits.memory is not set",
                    "memory = \"512M\" beside it");
  }
}

// Each item with its device, one item a device, and at least one limit in it.
void validate_io(const ContainerSpec& spec, Report& report) {
  for (size_t i = 0; i < spec.limits.io.size(); ++i) {
    const IoLimitSpec& limit = spec.limits.io[i];
    const std::string key = "limits.io[" + std::to_string(i) + "]";
    if (limit.device.empty() && !written(spec, key + ".device")) {
      report.error_at(where_of(spec, key), key, "this limit has no device",
                      "device = \"/dev/vda\"");
    }
    // A limit that was written, but is wrong, has been told already.
    const bool any = written(spec, key + ".read_bps") || written(spec, key + ".write_bps") ||
                     written(spec, key + ".read_iops") || written(spec, key + ".write_iops");
    if (!any && !limit.device.empty()) {
      report.error_at(where_of(spec, key), key, "this limits nothing",
                      "one of read_bps, write_bps, read_iops and write_iops");
    }
    for (size_t j = 0; j < i; ++j) {
      if (limit.device.empty() || spec.limits.io[j].device != limit.device) continue;
      report.error_at(where_of(spec, key + ".device"), key + ".device",
                      quote(limit.device) + " is limited already, at " +
                          format(where_of(spec, "limits.io[" + std::to_string(j) + "].device")),
                      "one item for each device");
      break;
    }
  }
}

// What berth writes itself, for these keys, or keeps its containers apart with.
constexpr std::array<std::pair<std::string_view, std::string_view>, 24> kManaged{
    {{"memory.max", "limits.memory"},
     {"memory.limit_in_bytes", "limits.memory"},
     {"memory.high", "limits.memory_high"},
     {"memory.soft_limit_in_bytes", "limits.memory_high"},
     {"memory.swap.max", "limits.memory_swap"},
     {"memory.memsw.limit_in_bytes", "limits.memory_swap"},
     {"cpu.max", "limits.cpus"},
     {"cpu.cfs_quota_us", "limits.cpus"},
     {"cpu.cfs_period_us", "limits.cpus"},
     {"cpu.weight", "limits.cpu_weight"},
     {"cpu.weight.nice", "limits.cpu_weight"},
     {"cpu.shares", "limits.cpu_weight"},
     {"cpuset.cpus", "limits.cpuset"},
     {"pids.max", "limits.pids"},
     {"io.weight", "limits.io_weight"},
     {"io.bfq.weight", "limits.io_weight"},
     {"blkio.weight", "limits.io_weight"},
     {"blkio.bfq.weight", "limits.io_weight"},
     {"io.max", "limits.io"},
     {"blkio.throttle.read_bps_device", "limits.io"},
     {"blkio.throttle.write_bps_device", "limits.io"},
     {"blkio.throttle.read_iops_device", "limits.io"},
     {"blkio.throttle.write_iops_device", "limits.io"},
     {"devices.", "devices"}}};

void validate_raw(const ContainerSpec& spec, Report& report) {
  for (const auto& [file, content] : spec.limits.cgroup) {
    const std::string key = "limits.cgroup." + show_key(file);
    for (const auto& [managed, own] : kManaged) {
      const bool meant = managed.ends_with('.') ? file.starts_with(managed) : file == managed;
      if (!meant) continue;
      report.error_at(where_of(spec, key), key, quote(file) + " is written by berth itself",
                      "use " + std::string(own));
    }
  }
}

}  // namespace

void validate_limits(const ContainerSpec& spec, Report& report) {
  validate_memory(spec, report);
  validate_io(spec, report);
  validate_raw(spec, report);
}

}  // namespace berth::definition
