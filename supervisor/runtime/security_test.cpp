#include "supervisor/runtime/security.h"

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include "supervisor/runtime/compile_testing.h"

namespace berth::runtime {
namespace {

using testing::unified_host;
using testing::web;

std::uint64_t mask(std::initializer_list<const char*> names) {
  std::uint64_t out = 0;
  for (const char* name : names) out |= std::uint64_t{1} << capability_number(name).value();
  return out;
}

TEST_CASE("the default list is short: no raw sockets, no devices, no administration") {
  const auto given = capabilities_of(web(), unified_host());
  REQUIRE(given);
  CHECK(given->granted == mask({"chown", "dac_override", "fowner", "fsetid", "kill", "setgid",
                                "setuid", "setpcap", "net_bind_service", "sys_chroot", "setfcap"}));
  CHECK(given->ambient == 0);
}

TEST_CASE("drop all, then add, leaves what was added") {
  ContainerSpec spec = web();
  spec.security.cap_drop = {"all"};
  spec.security.cap_add = {"NET_ADMIN"};
  CHECK(capabilities_of(spec, unified_host()).value() == Capabilities{mask({"net_admin"}), 0});
}

TEST_CASE("a user other than root keeps what was added, and nothing else") {
  ContainerSpec spec = web();
  spec.user = "1000:1000";
  spec.security.cap_add = {"net_raw"};
  CHECK(capabilities_of(spec, unified_host()).value().ambient == mask({"net_raw"}));
  CHECK(is_root_user(""));
  CHECK(is_root_user("0:5"));
  CHECK(is_root_user("root"));
  CHECK(!is_root_user("www-data:0"));
}

TEST_CASE("a capability that berthd lacks, or that there is none of, is an error at its key") {
  ContainerSpec spec = web();
  spec.security.cap_add = {"net_raw", "sys_resource"};
  const auto lacking = capabilities_of(spec, unified_host());
  REQUIRE(!lacking);
  CHECK(lacking.error().what ==
        "web.toml:9:1: security.cap_add[1]: this host lets berthd have no sys_resource");
  spec.security.cap_add = {"sys_everything"};
  CHECK(!capabilities_of(spec, unified_host()));
}

TEST_CASE("adding all gives what the host has, not more") {
  ContainerSpec spec = web();
  spec.security.cap_add = {"all"};
  CHECK(capabilities_of(spec, unified_host()).value().granted == unified_host().capabilities);
}

TEST_CASE("a system container may reboot its pid namespace, unless it could load another kernel") {
  const std::uint64_t reboot = std::uint64_t{1} << *capability_number("sys_boot");
  ContainerSpec spec = web();
  CHECK((capabilities_of(spec, unified_host()).value().granted & reboot) == 0);
  spec.type = ContainerType::system;
  CHECK(capabilities_of(spec, unified_host()).value().granted == (default_capabilities() | reboot));
  spec.security.seccomp = "unconfined";
  CHECK(capabilities_of(spec, unified_host()).value().granted == default_capabilities());
  spec.security.seccomp = "default";
  spec.security.cap_drop = {"sys_boot"};
  CHECK(capabilities_of(spec, unified_host()).value().granted == default_capabilities());
}

TEST_CASE("the hidden paths have the thermal files of each processor among them") {
  HostFacts facts = unified_host();
  facts.throttled_cpus = {0, 3};
  const auto paths = masked_paths(facts);
  for (const char* path : {"/proc/kcore", "/sys/firmware", "/sys/devices/virtual/powercap",
                           "/sys/devices/system/cpu/cpu3/thermal_throttle"}) {
    CHECK_MESSAGE(std::find(paths.begin(), paths.end(), path) != paths.end(), path);
  }
}

}  // namespace
}  // namespace berth::runtime
