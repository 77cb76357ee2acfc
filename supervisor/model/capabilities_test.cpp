#include "supervisor/model/capabilities.h"

#include <doctest/doctest.h>
#include <linux/capability.h>

using namespace berth;

TEST_CASE("capabilities go by name and number, in any of the usual spellings") {
  CHECK(capability_number("net_admin") == CAP_NET_ADMIN);
  CHECK(capability_number("CAP_SYS_ADMIN") == CAP_SYS_ADMIN);
  CHECK(capability_number("Net_Raw") == CAP_NET_RAW);
  CHECK(capability_name(CAP_BPF) == "bpf");
  CHECK(all_capabilities() == capability_bit(CAP_CHECKPOINT_RESTORE + 1) - 1);
  CHECK(capability_names()[CAP_CHECKPOINT_RESTORE] == "checkpoint_restore");
}

TEST_CASE("what is no capability has no number, and a number without a name says so") {
  for (const char* name : {"everything", "cap_", "", "root"}) {
    CAPTURE(name);
    CHECK_FALSE(capability_number(name));
  }
  CHECK(capability_name(63) == "?");
  CHECK(capability_name(-1) == "?");
}
