#include "supervisor/runtime/sysctl_steps.h"

#include "supervisor/runtime/places.h"

namespace berth::runtime {

std::string sysctl_path(std::string_view name) {
  std::string path = "/proc/sys/";
  for (const char c : name) path += c == '.' ? '/' : c == '/' ? '.' : c;
  return path;
}

void add_sysctls(handoff::Program& program, const ContainerSpec& spec) {
  for (const auto& [name, value] : spec.sysctls) {
    program.from(origin_of(spec, "sysctls.\"" + name + "\"", value));
    program.add(handoff::Op::write_file, {.text = sysctl_path(name), .text2 = value});
  }
}

}  // namespace berth::runtime
