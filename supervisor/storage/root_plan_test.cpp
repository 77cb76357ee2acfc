#include "supervisor/storage/root_plan.h"

#include <algorithm>
#include <string_view>

#include <doctest/doctest.h>

#include "supervisor/storage/host_template.h"

namespace berth::storage {
namespace {

TEST_CASE("a root file system of its own is one overlay, the host's template two") {
  ContainerSpec spec;
  spec.name = "web";
  spec.rootfs = "/srv/web";
  const Paths paths{"/b"};
  const auto one = root_plan(spec, paths, "/b/skeleton");
  REQUIRE(one.size() == 1);
  CHECK(one[0] == Overlay{"", "/srv/web", "/b/var/lib/berth/containers/web/upper",
                          "/b/var/lib/berth/containers/web/work", "rootfs"});
  spec.rootfs.clear();
  spec.root_template = "host";
  const auto two = root_plan(spec, paths, "/b/skeleton");
  REQUIRE(two.size() == 2);
  CHECK(two[0].lower == "/b/skeleton");
  CHECK(two[1].target == "usr");
  CHECK(two[1].lower == "/usr");
}

TEST_CASE("every writable directory of a plan is among those that are removed") {
  ContainerSpec spec;
  spec.name = "web";
  spec.root_template = "host";
  const Paths paths{"/b"};
  const auto removed = writable_directories(paths, "web");
  for (const Overlay& overlay : root_plan(spec, paths, "/b/skeleton")) {
    CHECK(std::find(removed.begin(), removed.end(), overlay.upper) != removed.end());
    CHECK(std::find(removed.begin(), removed.end(), overlay.work) != removed.end());
  }
}

TEST_CASE("no secret of the host is copied into its template") {
  const auto program = compile_host_template(Paths{"/b"}, HostTemplate{});
  for (const handoff::Step& step : program.steps()) {
    if (step.op != handoff::Op::copy_tree) continue;
    const std::string_view source = program.text(step.text);
    CHECK(source != "/etc/ssl");  // it has the private keys below it
    for (const char* secret : {"shadow", "private", "/etc/ssh", "machine-id", "sudoers"}) {
      CHECK_MESSAGE(source.find(secret) == std::string_view::npos, secret);
    }
  }
}

TEST_CASE("a half-made template is never where a whole one is looked for") {
  HostTemplate host;
  host.version = "5";
  const auto program = compile_host_template(Paths{"/b"}, host);
  const std::string done = host_template_directory(Paths{"/b"}, host);
  for (const handoff::Step& step : program.steps()) {
    const std::string_view last = step.op == handoff::Op::rename ? "" : program.text(step.text2);
    CHECK(program.text(step.text) != done);
    CHECK(last != done);
  }
}

}  // namespace
}  // namespace berth::storage
