// limits.io: the traffic of single block devices.
#include <array>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/limits.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {
namespace {

using Number = std::optional<std::uint64_t>;

struct Rate {
  std::string_view v2;  // the word of io.max
  std::string_view v1;  // the file
  Number (*of)(const IoLimitSpec&);
};

Number count(const std::optional<Bytes>& size) { return size ? Number(size->count) : Number(); }
Number count(const std::optional<std::int64_t>& number) {
  return number ? Number(static_cast<std::uint64_t>(*number)) : Number();
}

constexpr std::array<Rate, 4> kRates = {
    {{"rbps", "blkio.throttle.read_bps_device",
      [](const IoLimitSpec& item) { return count(item.read_bps); }},
     {"wbps", "blkio.throttle.write_bps_device",
      [](const IoLimitSpec& item) { return count(item.write_bps); }},
     {"riops", "blkio.throttle.read_iops_device",
      [](const IoLimitSpec& item) { return count(item.read_iops); }},
     {"wiops", "blkio.throttle.write_iops_device",
      [](const IoLimitSpec& item) { return count(item.write_iops); }}}};

std::string io_max(const IoLimitSpec& item) {
  std::string line;
  for (const Rate& rate : kRates) {
    const Number value = rate.of(item);
    line += (line.empty() ? "" : " ") + std::string(rate.v2) + "=" +
            (value ? std::to_string(*value) : "max");
  }
  return line;
}

// From one device's limits to others; an item without any is the kernel's default.
class DeviceChange {
 public:
  DeviceChange(const IoLimitSpec& before, const IoLimitSpec& after, std::string key)
      : before_(before), after_(after), key_(std::move(key)) {}

  void add_v2(const std::string& directory, std::vector<CgroupWrite>& writes) const {
    writes.push_back(write(directory + "/io.max", io_max(after_)));
  }
  // 0 takes a limit away.
  void add_v1(const std::string& directory, std::vector<CgroupWrite>& writes) const {
    for (const Rate& rate : kRates) {
      if (rate.of(before_) == rate.of(after_)) continue;
      writes.push_back(write(directory + "/" + std::string(rate.v1),
                             std::to_string(rate.of(after_).value_or(0))));
    }
  }

 private:
  [[nodiscard]] CgroupWrite write(std::string file, std::string content) const {
    return {.controller = "io",
            .file = std::move(file),
            .content = std::move(content),
            .key = key_,
            .way = CgroupWrite::Way::device,
            .device = after_.device};
  }

  const IoLimitSpec& before_;
  const IoLimitSpec& after_;
  std::string key_;
};

const IoLimitSpec* find(const std::vector<IoLimitSpec>& items, const std::string& device) {
  for (const IoLimitSpec& item : items) {
    if (item.device == device) return &item;
  }
  return nullptr;
}

}  // namespace

Result<std::vector<CgroupWrite>> io_changes(const ContainerSpec& before, const ContainerSpec& after,
                                            const HostFacts& facts) {
  std::vector<CgroupWrite> writes;
  if (before.limits.io == after.limits.io) return writes;
  const ControllerHome* home = facts.controller("io");
  if (home == nullptr) {
    return std::unexpected(
        error_at(after, "limits.io", "this host has no cgroup controller \"io\""));
  }
  const std::string directory = controller_cgroup(after.name, "io", facts);
  const auto change = [&](const IoLimitSpec& from, const IoLimitSpec& to, std::string key) {
    if (from == to) return;
    const DeviceChange one(from, to, std::move(key));
    home->v1 ? one.add_v1(directory, writes) : one.add_v2(directory, writes);
  };
  for (const IoLimitSpec& item : before.limits.io) {
    if (find(after.limits.io, item.device) != nullptr) continue;
    change(item, IoLimitSpec{.device = item.device}, "limits.io");
  }
  for (std::size_t i = 0; i < after.limits.io.size(); ++i) {
    const IoLimitSpec& item = after.limits.io[i];
    const IoLimitSpec* old = find(before.limits.io, item.device);
    change(old != nullptr ? *old : IoLimitSpec{.device = item.device}, item,
           "limits.io[" + std::to_string(i) + "].device");
  }
  return writes;
}

}  // namespace berth::runtime
