#include "supervisor/base/nearest.h"

#include <doctest/doctest.h>

using namespace berth;

TEST_CASE(
    "a swap of neighbours and a beginning are near, another word and an endless one are not") {
  const std::vector<std::string> known{"limits.memory", "command"};
  CHECK(nearest("limits.memroy", known) == "limits.memory");
  CHECK(nearest("comm", known) == "command");
  CHECK(nearest("ports", known).empty());
  CHECK(nearest(std::string(10000, 'c'), known).empty());
  CHECK(nearest("x", std::vector<std::string>()).empty());
}
