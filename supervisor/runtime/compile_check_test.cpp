// What is looked at before a container is stopped for a new definition, by a real launcher.
#include "supervisor/runtime/compile_check.h"

#include <fstream>

#include <sys/stat.h>

#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime::testing;

namespace {

std::string written(const std::string& path, const std::string& content, mode_t mode) {
  std::ofstream(path) << content;
  REQUIRE(::chmod(path.c_str(), mode) == 0);
  return path;
}

// What is wrong; empty: all is there.
std::string problem_of(const ContainerSpec& spec) {
  TestLauncher launcher;
  const Answer answer = launcher.run(runtime::compile_check(spec));
  return answer.reply.error == 0 ? "" : answer.detail();
}

}  // namespace

TEST_CASE("devices, programs and profiles that are none are found before anything is stopped") {
  if (!is_root()) return;
  const TemporaryDirectory directory;
  const std::string file = written(directory.path + "/file", "{", 0644);
  ContainerSpec spec;
  spec.name = "web";
  CHECK(problem_of(spec).empty());

  spec.devices = {DeviceSpec{.source = "/dev/null", .target = "/dev/null"}};
  CHECK(problem_of(spec).empty());
  spec.devices[0].source = file;
  CHECK(problem_of(spec).find("it is no device") != std::string::npos);
  spec.devices.clear();

  spec.hooks.pre_start = {"/bin/sh"};
  CHECK(problem_of(spec).empty());
  spec.hooks.pre_start = {file};
  CHECK(problem_of(spec).find("it is not executable") != std::string::npos);
  spec.hooks.pre_start = {directory.path};
  CHECK(problem_of(spec).find("it is no program") != std::string::npos);
  spec.hooks.pre_start.clear();

  spec.security.seccomp =
      written(directory.path + "/good", R"({"defaultAction": "SCMP_ACT_ALLOW"})", 0644);
  CHECK(problem_of(spec).empty());
  spec.security.seccomp = file;
  CHECK(!problem_of(spec).empty());
}
