// Values that the compilers' tests share: hosts of both cgroup layouts, and a definition with
// places. Only for tests.
#pragma once

#include <string>

#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"
#include "supervisor/runtime/security.h"

namespace berth::runtime::testing {

inline HostFacts unified_host() {
  HostFacts facts;
  take_cgroup_layout({"/sys/fs/cgroup", {}, {"cpuset", "cpu", "io", "memory", "pids"}}, facts);
  facts.cpus = "0-3";
  facts.mems = "0";
  facts.hard_limits.fill(UlimitSpec::kUnlimited);
  facts.hard_limits[7] = 65536;  // RLIMIT_NOFILE
  facts.nofile_most = 1048576;
  facts.capabilities = (std::uint64_t{1} << 41) - 1;
  facts.capabilities &= ~(std::uint64_t{1} << *capability_number("sys_resource"));
  facts.host_template.links = {{"bin", "usr/bin"}, {"lib", "usr/lib"}};
  facts.host_template.version = "1";
  return facts;
}

inline HostFacts hybrid_host() {
  HostFacts facts = unified_host();
  facts.unified = "/sys/fs/cgroup/unified";
  facts.controllers.clear();
  for (const char* name : {"cpu", "cpuset", "memory", "pids", "io", "devices"}) {
    facts.controllers[name] = {std::string("/sys/fs/cgroup/") + name, true};
  }
  return facts;
}

inline ContainerSpec web() {
  ContainerSpec spec;
  spec.name = "web";
  spec.rootfs = "/srv/web";
  spec.command = {"httpd", "-f"};
  unsigned line = 0;
  for (const char* key : {"", "rootfs", "command", "limits", "limits.memory", "mounts",
                          "mounts[0].source", "mounts[0].target", "security.cap_add"}) {
    spec.where[key] = {"web.toml", ++line, 1};
  }
  return spec;
}

}  // namespace berth::runtime::testing
