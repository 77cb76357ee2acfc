// Devices: each with a place of its own in /dev, beside what berth makes there.
#include <algorithm>
#include <array>
#include <string>
#include <string_view>

#include "supervisor/definition/shapes.h"
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

constexpr std::array<std::string_view, 15> kOwn{
    "/dev/null",   "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
    "/dev/tty",    "/dev/fd",   "/dev/ptmx", "/dev/stdin",  "/dev/stdout",
    "/dev/stderr", "/dev/pts",  "/dev/shm",  "/dev/mqueue", "/dev/console"};

bool is_at_or_below(std::string_view path, std::string_view parent) {
  return path == parent || (path.starts_with(parent) && path[parent.size()] == '/');
}

std::string normal_path(std::string_view path) {
  std::string normal;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") normal += "/" + std::string(part);
  }
  return normal;
}

std::string key_of(size_t index) { return "devices[" + std::to_string(index) + "]"; }

}  // namespace

void validate_devices(const ContainerSpec& spec, Report& report) {
  const auto error = [&](size_t index, std::string problem, std::string remedy) {
    report.error_at(where_of(spec, key_of(index)), key_of(index), std::move(problem),
                    std::move(remedy));
  };
  for (size_t i = 0; i < spec.devices.size(); ++i) {
    const std::string target = normal_path(spec.devices[i].target);
    if (target.empty()) continue;  // it was complained about already
    const auto own = std::ranges::find_if(
        kOwn, [&](std::string_view path) { return is_at_or_below(target, path); });
    if (own != kOwn.end()) {
      error(i, quote(target) + " is within " + std::string(*own) + ", which berth makes",
            "another path below /dev");
    }
    for (size_t j = 0; j < i; ++j) {
      const std::string other = normal_path(spec.devices[j].target);
      const bool apart = !is_at_or_below(target, other) && !is_at_or_below(other, target);
      if (other.empty() || apart) continue;
      error(i,
            quote(target) + " is at the place of " + key_of(j) + ", " + quote(other) + ", at " +
                format(where_of(spec, key_of(j))),
            "another target");
      break;
    }
    for (size_t j = 0; j < spec.mounts.size(); ++j) {
      const std::string mount = normal_path(spec.mounts[j].target);
      if (mount.empty() || !is_at_or_below(target, mount)) continue;
      const std::string key = "mounts[" + std::to_string(j) + "].target";
      error(i, quote(target) + " would be hidden by " + key + " at " + format(where_of(spec, key)),
            "another target");
    }
  }
}

}  // namespace berth::definition
