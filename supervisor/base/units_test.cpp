#include "supervisor/base/units.h"

#include <cstdint>

#include <doctest/doctest.h>

using namespace berth;
using namespace std::chrono_literals;

TEST_CASE("sizes are 1024-based and name their unit") {
  CHECK(parse_bytes("512M")->count == 512ull << 20);
  CHECK(parse_bytes("1Gi")->count == 1ull << 30);
  CHECK(parse_bytes("1.5K")->count == 1536);
  CHECK(parse_bytes("0")->count == 0);
  CHECK(parse_bytes("1000B")->count == 1000);
}

TEST_CASE("a size without a unit is refused and told what would be right") {
  CHECK(parse_bytes("512").error().what ==
        R"("512" is not a size: its unit is missing ("512M" or "512B"))");
  for (const char* text : {"", "-1M", "M", "1X", "1 M", "99999999999999999999G", ".5M", "1.2.3M",
                           "inf", "nanM", "1e3M"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_bytes(text));
  }
}

TEST_CASE("a formatted size reads back as the same value") {
  for (std::uint64_t count : {0ull, 1ull, 1000ull, 1024ull, 1536ull, 536870912ull, 1ull << 40}) {
    CHECK(parse_bytes(format_bytes(Bytes{count}))->count == count);
  }
}

TEST_CASE("durations name their unit and may have several parts") {
  CHECK(*parse_duration("20s") == 20s);
  CHECK(*parse_duration("100ms") == 100ms);
  CHECK(*parse_duration("1h30m") == 90min);
  CHECK(*parse_duration("1.5s") == 1500ms);
  for (const char* text : {"", "20", "s", "-1s", "1 s", "1y", "1s2", "99999999999d"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a formatted duration reads back as the same value") {
  for (Duration duration : {Duration(0), Duration(100ms), Duration(90s), Duration(26h + 1ns)}) {
    CHECK(*parse_duration(format_duration(duration)) == duration);
  }
}
