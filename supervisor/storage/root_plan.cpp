#include "supervisor/storage/root_plan.h"

namespace berth::storage {

std::vector<Overlay> root_plan(const ContainerSpec& spec, const Paths& paths,
                               const std::string& host_template) {
  const std::string state = paths.state_of(spec.name);
  if (spec.root_template.empty()) {
    return {Overlay{"", spec.rootfs, state + "/upper", state + "/work", "rootfs"}};
  }
  return {Overlay{"", host_template, state + "/upper", state + "/work", "template"},
          Overlay{"usr", "/usr", state + "/usr-upper", state + "/usr-work", "template"}};
}

std::vector<std::string> writable_directories(const Paths& paths, const std::string& container) {
  const std::string state = paths.state_of(container);
  return {state + "/upper", state + "/work", state + "/usr-upper", state + "/usr-work"};
}

}  // namespace berth::storage
