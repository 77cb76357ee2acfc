// Mounts: each with what its type needs, none over another or over what berth makes itself.
#include <array>
#include <map>

#include "supervisor/definition/shapes.h"
#include "supervisor/definition/validate.h"
#include "supervisor/definition/wording.h"

namespace berth::definition {

namespace {

// "/data//x/." -> "/data/x"; ".." was refused before.
std::string normal_path(std::string_view path) {
  std::string normal;
  for (const std::string_view part : split(path, '/')) {
    if (!part.empty() && part != ".") normal += "/" + std::string(part);
  }
  return normal.empty() ? "/" : normal;
}

bool is_at_or_below(const std::string& path, const std::string& parent) {
  return path == parent || path.starts_with(parent + "/");
}

class MountCheck {
 public:
  MountCheck(const ContainerSpec& spec, size_t index, Report& report)
      : spec_(spec),
        mount_(spec.mounts[index]),
        path_("mounts[" + std::to_string(index) + "]"),
        report_(report) {}

  void check_source() {
    const bool has_source = spec_.where.contains(path_ + ".source") || !mount_.source.empty();
    const bool has_size = spec_.where.contains(path_ + ".size");
    if (mount_.type == MountType::tmpfs && has_source) {
      error(".source", "a tmpfs has no source", "leave it out, or type = \"bind\"");
    }
    if (mount_.type == MountType::bind && !has_source) {
      error(".source", "a bind mount needs a source", "source = \"/srv/shop\"");
    }
    if (mount_.type == MountType::bind && has_size) {
      error(".size", "only a tmpfs has a size", "leave it out, or type = \"tmpfs\"");
    }
  }

  void check_target(std::map<std::string, std::string>& targets) {
    if (mount_.target.empty()) {
      if (!spec_.where.contains(path_ + ".target")) {
        error(".target", "a mount needs a target", "target = \"/data\"");
      }
      return;
    }
    const std::string target = normal_path(mount_.target);
    if (target == "/") error(".target", "nothing can be mounted over /", "rootfs");
    if (target == "/dev") error(".target", "/dev is made by berth", "a path below it");
    for (const char* own : {"/proc", "/sys", "/dev/pts", "/dev/mqueue"}) {
      if (is_at_or_below(target, own)) {
        error(".target", quote(target) + " is within " + own + ", which berth makes",
              "another path");
      }
    }
    const auto [other, fresh] = targets.emplace(target, path_);
    if (!fresh) {
      error(".target",
            quote(target) + " is already the target of " + other->second + " at " +
                format(where_of(spec_, other->second + ".target")),
            "");
    }
  }

 private:
  void error(const char* key, std::string problem, std::string remedy) {
    report_.error_at(where_of(spec_, path_ + key), path_ + key, std::move(problem),
                     std::move(remedy));
  }

  const ContainerSpec& spec_;
  const MountSpec& mount_;
  std::string path_;
  Report& report_;
};

}  // namespace

void validate_mounts(const ContainerSpec& spec, Report& report) {
  std::map<std::string, std::string> targets;
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    MountCheck mount(spec, i, report);
    mount.check_source();
    mount.check_target(targets);
  }
}

}  // namespace berth::definition
