// Names of systemd's units, and how a definition's depends_on tells them from containers.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace berth {

// "systemd:srv-media.mount"
inline constexpr std::string_view kUnitPrefix = "systemd:";

inline constexpr std::array<std::string_view, 11> kUnitTypes{
    "service", "socket", "device", "mount", "automount", "swap",
    "target",  "path",   "timer",  "slice", "scope"};
inline constexpr std::size_t kUnitNameMax = 255;  // UNIT_NAME_MAX of systemd, with its NUL 256

// A dependency on a unit of systemd, and not on a container.
inline bool names_unit(std::string_view dependency) { return dependency.starts_with(kUnitPrefix); }

// "srv-media.mount" of "systemd:srv-media.mount".
inline std::string unit_of(std::string_view dependency) {
  return std::string(dependency.substr(kUnitPrefix.size()));
}

// "mount" of "srv-media.mount" and of "systemd:srv-media.mount"; empty when it is of no type.
inline std::string_view unit_type(std::string_view unit) {
  const std::size_t dot = unit.rfind('.');
  if (dot == std::string_view::npos) return {};
  const std::string_view suffix = unit.substr(dot + 1);
  for (const std::string_view type : kUnitTypes) {
    if (type == suffix) return type;
  }
  return {};
}

}  // namespace berth
