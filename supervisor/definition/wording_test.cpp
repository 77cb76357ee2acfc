#include "supervisor/definition/wording.h"

#include <doctest/doctest.h>

using namespace berth::definition;

TEST_CASE("a remedy for a YAML file is written as YAML") {
  const auto in_yaml = [](const char* remedy) { return in_language_of("web.yaml", remedy); };
  CHECK(in_yaml("template = \"host\", or rootfs = \"/srv/web\"") ==
        "template: \"host\", or rootfs: \"/srv/web\"");
  CHECK(in_yaml("[{ type = \"bind\", target = \"/data\", read_only = true }]") ==
        "[{ type: \"bind\", target: \"/data\", read_only: true }]");
  CHECK(in_yaml("memory = 1") == "memory: 1");
  CHECK(in_yaml("") == "");
  CHECK(in_language_of("web.yml", "a = 1") == "a: 1");
}

TEST_CASE("what is in quotes, and a remedy for a TOML file, stay as they are") {
  CHECK(in_language_of("web.yaml", "command = [\"sh\", \"-c\", \"a = \\\" = \"]") ==
        "command: [\"sh\", \"-c\", \"a = \\\" = \"]");
  CHECK(in_language_of("web.toml", "memory = 1") == "memory = 1");
  CHECK(in_language_of("yaml", "memory = 1") == "memory = 1");
}
