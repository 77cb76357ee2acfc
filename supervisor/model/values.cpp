#include "supervisor/model/values.h"

#include <array>
#include <charconv>

namespace berth {

std::string format_value(bool value) { return value ? "true" : "false"; }

std::string format_value(std::int64_t value) { return std::to_string(value); }

std::string format_value(double value) {
  std::array<char, 32> buffer{};
  const auto [end, failure] = std::to_chars(buffer.begin(), buffer.end(), value);
  return failure == std::errc{} ? std::string(buffer.begin(), end) : std::to_string(value);
}

std::string format_value(const std::string& value) { return value; }

std::string format_value(Bytes value) { return format_bytes(value); }

std::string format_value(Duration value) { return format_duration(value); }

std::string format_value(Signal value) { return format_signal(value); }

std::string format_value(const Calendar& value) { return value.text(); }

std::string format_value(const TimeWindow& value) { return value.text(); }

std::string format_value(const UlimitSpec& value) {
  const auto side = [](std::uint64_t limit) {
    return limit == UlimitSpec::kUnlimited ? std::string("unlimited") : std::to_string(limit);
  };
  return value.soft == value.hard ? side(value.soft) : side(value.soft) + ":" + side(value.hard);
}

std::string show_host_address(const PortSpec& port) {
  return port.is_ipv6() ? "[" + port.host_address + "]" : port.host_address;
}

std::string format_value(const PortSpec& value) {
  return show_host_address(value) + ":" + std::to_string(value.host_port) + ":" +
         std::to_string(value.container_port) + "/" + std::string(word_of(value.protocol));
}

std::string format_value(const MountSpec& value) {
  std::string text = value.type == MountType::tmpfs ? "tmpfs" : value.source;
  text += ":" + value.target;
  if (value.size) text += ":" + format_bytes(*value.size);
  if (value.read_only) text += ":ro";
  return text;
}

std::string format_value(const DependencySpec& value) {
  return std::string(word_of(value.condition)) + (value.restart ? ", restart" : "");
}

std::string format_value(const NetworkAttachment& value) {
  std::string text = value.name;
  if (!value.ipv4_address.empty()) text += " " + value.ipv4_address;
  if (!value.ipv6_address.empty()) text += " " + value.ipv6_address;
  for (size_t i = 0; i < value.aliases.size(); ++i) {
    text += (i == 0 ? " (" : ", ") + value.aliases[i];
  }
  return value.aliases.empty() ? text : text + ")";
}

std::string format_value(const IoLimitSpec& value) {
  std::string text = value.device;
  if (value.read_bps) text += " read_bps=" + format_bytes(*value.read_bps);
  if (value.write_bps) text += " write_bps=" + format_bytes(*value.write_bps);
  if (value.read_iops) text += " read_iops=" + std::to_string(*value.read_iops);
  if (value.write_iops) text += " write_iops=" + std::to_string(*value.write_iops);
  return text;
}

std::string format_value(const DeviceSpec& value) {
  return value.source + ":" + value.target + ":" + value.permissions;
}

std::string format_list(const std::vector<std::string>& items) {
  if (items.empty()) return "";
  std::string text = "[";
  for (const std::string& item : items) {
    if (text.size() > 1) text += ", ";
    text += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') text += '\\';
      text += c;
    }
    text += '"';
  }
  return text + "]";
}

}  // namespace berth
