#include "supervisor/daemon/arguments.h"

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::daemon;

TEST_CASE("without arguments it is the keeper of the host's own directories") {
  const auto arguments = parse_arguments({}, "");
  CHECK(arguments->role == Arguments::Role::keeper);
  CHECK(arguments->paths.containers() == "/etc/berth/containers");
}

TEST_CASE("--root wins over BERTH_ROOT") {
  CHECK(parse_arguments({"--root", "/a/b/"}, "/c")->paths.run() == "/a/b/run/berth");
  CHECK(parse_arguments({"--root=/a/./b"}, "/c")->paths.run() == "/a/b/run/berth");
  CHECK(parse_arguments({"worker"}, "/c")->paths.run() == "/c/run/berth");
  CHECK(parse_arguments({"worker", "--root", "/"}, "")->paths.run() == "/run/berth");
}

TEST_CASE("a role is only a role in the first place, and nothing unknown is ignored") {
  CHECK(parse_arguments({"launcher"}, "")->role == Arguments::Role::launcher);
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{"--root"}, {"--rot", "x"}, {"--root", "/x", "worker"}, {"x"}}) {
    CHECK_FALSE(parse_arguments(words, ""));
  }
}
