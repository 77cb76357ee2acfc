// The lock of an instance, on this very kernel's cgroup tree.
#include "supervisor/runtime/instance_lock.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"

using namespace berth;
using namespace berth::runtime;

TEST_CASE("a second instance with the same cgroup is refused, one after the first's end is not" *
          doctest::skip(::geteuid() != 0)) {
  HostSpec host;
  host.cgroup = "berth-lock-test-" + std::to_string(::getpid());
  const auto facts = gather_host_facts(host);
  REQUIRE(facts.has_value());
  const scope_exit remove([&] { ::rmdir((facts->unified + "/" + host.cgroup).c_str()); });
  {
    const auto first = lock_cgroup_parent(*facts);
    REQUIRE(first.has_value());
    const auto second = lock_cgroup_parent(*facts);
    REQUIRE_FALSE(second.has_value());
    CHECK(second.error().what.find("belongs to another berthd") != std::string::npos);
  }
  CHECK(lock_cgroup_parent(*facts).has_value());
}
