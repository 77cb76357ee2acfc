// Values of keys as text, for plans, messages and `berth explain`: scalars as they are written,
// lists and tables in TOML's inline form, the short forms where a key has one. Unset is "".
#pragma once

#include <string>

#include "supervisor/model/keys.h"
#include "supervisor/model/words.h"

namespace berth {

std::string format_value(bool value);
std::string format_value(std::int64_t value);
std::string format_value(double value);
std::string format_value(const std::string& value);
std::string format_value(Bytes value);
std::string format_value(Duration value);
std::string format_value(Signal value);
std::string format_value(const UlimitSpec& value);         // "1024:65536", "unlimited"
std::string format_value(const PortSpec& value);           // "127.0.0.1:8080:80/tcp"
std::string format_value(const MountSpec& value);          // "/srv:/data:ro", "tmpfs:/tmp:64M"
std::string format_value(const DependencySpec& value);     // "healthy", "healthy, restart"
std::string format_value(const NetworkAttachment& value);  // "lan", "lan 10.20.0.10 (shop, web)"
std::string format_value(const Calendar& value);           // "*-*-* 02:00:00"
std::string format_value(const TimeWindow& value);         // "Sun 02:00-04:00"
std::string format_value(const IoLimitSpec& value);        // "/dev/vda read_bps=50M write_iops=500"
std::string format_value(const DeviceSpec& value);         // "/dev/fuse:/dev/fuse:rwm"

// "127.0.0.1", "[::]".
std::string show_host_address(const PortSpec& port);

// `["a", "b"]`; "" when there is none.
std::string format_list(const std::vector<std::string>& items);

template <class Enum>
  requires std::is_enum_v<Enum>
std::string format_value(Enum value) {
  return std::string(word_of(value));
}

template <class T>
std::string format_value(const std::vector<T>& values) {
  std::vector<std::string> items;
  for (const T& value : values) items.push_back(format_value(value));
  return format_list(items);
}

template <class T>
std::string format_value(const std::map<std::string, T>& values) {
  std::vector<std::string> items;
  for (const auto& [name, value] : values) items.push_back(name + "=" + format_value(value));
  return format_list(items);
}

template <class T>
std::string format_value(const std::optional<T>& value) {
  return value ? format_value(*value) : std::string();
}

// The value of a key of the table in this spec.
std::string format_key(const Key<ContainerSpec>& key, const ContainerSpec& spec);

}  // namespace berth
