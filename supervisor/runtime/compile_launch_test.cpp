#include "supervisor/runtime/compile_launch.h"

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include <doctest/doctest.h>

#include "supervisor/runtime/compile_cleanup.h"
#include "supervisor/runtime/compile_exec.h"
#include "supervisor/runtime/compile_testing.h"
#include "supervisor/runtime/compile_update.h"

namespace berth::runtime {
namespace {

using testing::hybrid_host;
using testing::unified_host;
using testing::web;

const Paths kPaths{"/b"};

// The listing of a program must be what golden/NAME.txt says. With BERTH_WRITE_GOLDEN set
// it is written there instead, to be read as a difference.
void check_golden(const std::string& name, const Result<handoff::Program>& program) {
  const std::string path = "supervisor/runtime/golden/" + name + ".txt";
  const std::string listing = program ? program->listing() : program.error().message();
  if (std::getenv("BERTH_WRITE_GOLDEN") != nullptr) std::ofstream(path) << listing;
  std::ifstream file(path);
  std::stringstream wanted;
  wanted << file.rdbuf();
  CHECK(listing == wanted.str());
}

Result<handoff::Program> launch(const ContainerSpec& spec, const HostFacts& facts,
                                bool has_netns = true) {
  SeccompFilters filters;
  return compile_launch(spec, Sandbox{has_netns}, facts, kPaths, filters, 7);
}

std::string error_of(const ContainerSpec& spec, const HostFacts& facts) {
  const auto program = launch(spec, facts);
  return program ? "no error" : program.error().message();
}

std::size_t position(const std::string& listing, const std::string& words) {
  const std::size_t at = listing.find(words);
  REQUIRE_MESSAGE(at != std::string::npos, words);
  return at;
}

ContainerSpec full() {
  ContainerSpec spec = web();
  spec.hostname = "shop";
  spec.user = "1000:1000";
  spec.working_dir = "/srv";
  spec.environment = {{"TZ", "UTC"}, {"container", "other"}};
  spec.mounts = {MountSpec{MountType::bind, "/srv/shop", "/data/shop", true, {}},
                 MountSpec{MountType::tmpfs, "", "/data", false, Bytes{4096}}};
  spec.limits.memory = Bytes{64u << 20};
  spec.limits.ulimits["nofile"] = {1024, 4096};
  spec.security.cap_add = {"net_raw"};
  return spec;
}

TEST_CASE("a small container on cgroup v2 becomes this program") {
  check_golden("small_v2", launch(web(), unified_host()));
}

TEST_CASE("a container with every kind of key on the hybrid layout becomes this program") {
  check_golden("full_hybrid", launch(full(), hybrid_host()));
}

TEST_CASE("a container of the host's template in the host's network becomes this program") {
  ContainerSpec spec = web();
  spec.rootfs.clear();
  spec.root_template = "host";
  spec.network = NetworkMode::host;
  spec.security.seccomp = "unconfined";
  check_golden("template_host_network", launch(spec, unified_host(), false));
}

TEST_CASE("a command inside a container becomes this program") {
  SeccompFilters filters;
  check_golden("exec_hybrid", compile_exec(full(), hybrid_host(), filters, 8, {"/bin/check"}));
}

ContainerSpec machine() {
  ContainerSpec spec = web();
  spec.type = ContainerType::system;
  spec.command = {"/sbin/init"};
  return spec;
}

HostFacts hybrid_host_with_systemd() {
  HostFacts facts = hybrid_host();
  facts.controllers["cpu"].mount = "/sys/fs/cgroup/cpu,cpuacct";
  facts.controllers["cpuacct"] = facts.controllers["cpu"];
  facts.controllers["freezer"] = {"/sys/fs/cgroup/freezer", true};
  facts.systemd_hierarchy = "/sys/fs/cgroup/systemd";
  return facts;
}

TEST_CASE("a system container on cgroup v2 becomes this program") {
  check_golden("system_v2", launch(machine(), unified_host()));
}

TEST_CASE("a system container on the hybrid layout becomes this program") {
  check_golden("system_hybrid", launch(machine(), hybrid_host_with_systemd()));
}

TEST_CASE("a command inside a system container stays out of the init's cgroups") {
  SeccompFilters filters;
  const auto program =
      compile_exec(machine(), hybrid_host_with_systemd(), filters, 8, {"/bin/check"});
  const std::string listing = program.value().listing();
  CHECK(position(listing, "\"/sys/fs/cgroup/unified/berth/c-web/exec\"") != 0);
  CHECK(position(listing, "cgroup_join text=\"/sys/fs/cgroup/systemd/berth/c-web/tasks\"") != 0);
  CHECK(listing.find("payload") == std::string::npos);
}

TEST_CASE("what a definition mounts on /run, /run/lock or /tmp takes the place of berth's") {
  ContainerSpec spec = machine();
  spec.mounts = {MountSpec{MountType::bind, "/srv/run", "/run/", false, {}},
                 MountSpec{MountType::tmpfs, "", "/tmp", false, Bytes{4096}}};
  const std::string listing = launch(spec, unified_host()).value().listing();
  CHECK(listing.find("mount tmpfs on /run") == std::string::npos);
  CHECK(listing.find("mount tmpfs on /tmp") == std::string::npos);
  CHECK(listing.find("container-manager") == std::string::npos);
}

TEST_CASE("the host's template becomes this program") {
  check_golden("template", compile_template_host(unified_host(), kPaths));
}

TEST_CASE("a changed limit, and one that is gone, become writes into the running cgroup") {
  ContainerSpec before = full();
  before.limits.pids = 5;
  ContainerSpec after = full();
  after.limits.memory = Bytes{128u << 20};
  check_golden("update_v2", compile_update(before, after, unified_host()));
  CHECK(compile_update(before, before, unified_host()).value().steps().empty());
}

TEST_CASE("the filter comes last with no_new_privs, and before the privileges go without") {
  ContainerSpec spec = web();
  std::string listing = launch(spec, unified_host()).value().listing();
  CHECK(position(listing, " no_new_privs") < position(listing, " filter "));
  CHECK(position(listing, " set_caps") < position(listing, " filter "));
  spec.security.no_new_privs = false;
  listing = launch(spec, unified_host()).value().listing();
  CHECK(position(listing, " filter ") < position(listing, " bound_caps"));
  CHECK(listing.find(" no_new_privs") == std::string::npos);
}

TEST_CASE("a confined container becomes this program") {
  ContainerSpec spec = web();
  spec.rootfs.clear();
  spec.root_template = "host";
  spec.entrypoint = {"/init", "--"};
  spec.read_only = true;
  spec.devices = {{"/dev/fuse", "/dev/fuse", "rw"}, {"/dev/dri/card0", "/dev/gpu/0", "r"}};
  spec.sysctls = {{"net.core.somaxconn", "1024"}, {"net.ipv4.conf.eth0/5.rp_filter", "1"}};
  spec.security.masked_paths = {"/proc/kcore"};
  spec.security.seccomp = "/etc/profile.json";
  check_golden("confined_v2", launch(spec, unified_host()));
  spec.entrypoint.clear();
  spec.devices.clear();
  const std::string listing = launch(spec, hybrid_host()).value().listing();
  CHECK(position(listing, "limit_devices text=\"/sys/fs/cgroup/devices/berth/c-web\"") != 0);
}

TEST_CASE("a kernel without a way to keep devices away is forgiven where none could be reached") {
  ContainerSpec spec = web();
  const auto forgiven = [&spec] {
    const handoff::Program program = launch(spec, unified_host()).value();
    for (const handoff::Step& step : program.steps()) {
      if (step.op == handoff::Op::limit_devices) return step.flags == handoff::kTolerateAll;
    }
    return false;
  };
  CHECK(forgiven());
  for (const char* capability : {"mknod", "sys_admin", "sys_rawio", "all"}) {
    spec.security.cap_add = {capability};
    CHECK_MESSAGE(!forgiven(), capability);
  }
  spec.security.cap_add.clear();
  spec.devices = {{"/dev/fuse", "/dev/fuse", "rw"}};
  CHECK(!forgiven());
}

TEST_CASE("mounts are made from the shortest target to the longest") {
  const std::string listing = launch(full(), unified_host()).value().listing();
  CHECK(position(listing, "text=\"/data\"") < position(listing, "text=\"/data/shop\""));
}

TEST_CASE("the mount tree is taken away whatever happened") {
  const auto program = launch(web(), unified_host()).value();
  const auto steps = program.steps();
  const auto& last = steps[program.child_begin() - 1];
  CHECK(last.op == handoff::Op::detach);
  CHECK((last.flags & handoff::kAlways) != 0);
}

TEST_CASE("each step that a key asked for knows the key's place") {
  const auto program = launch(full(), unified_host()).value();
  bool found = false;
  for (std::size_t i = 0; i < program.steps().size(); ++i) {
    const handoff::Origin& origin = program.origin(i);
    if (origin.what != "mounts[0].source: /srv/shop") continue;
    found = true;
    CHECK(origin.file == "web.toml");
    CHECK(origin.line == 7);
  }
  CHECK(found);
}

TEST_CASE("what the host cannot give is refused before anything is done, at its place") {
  ContainerSpec spec = full();
  spec.limits.ulimits["nofile"].hard = 1 << 19;
  CHECK(error_of(spec, unified_host()).starts_with("web.toml:4:1: limits.ulimits.nofile: "));
  spec = full();
  spec.mounts[0].target = "/proc/sys/";
  CHECK(error_of(spec, unified_host()) ==
        "web.toml:8:1: mounts[0].target: /proc/sys cannot be mounted over: /proc is made by berth");
  spec.mounts[0].target = "//";
  CHECK(error_of(spec, unified_host()) ==
        "web.toml:8:1: mounts[0].target: / cannot be mounted over");
  spec = full();
  spec.command.clear();
  CHECK(error_of(spec, unified_host()) == "web.toml:3:1: command: there is no program to run");
  spec = full();
  spec.rootfs.clear();
  spec.root_template = "host";
  HostFacts facts = unified_host();
  facts.host_template.problem = "/bin of this host is not a link into /usr";
  CHECK(error_of(spec, facts) ==
        "web.toml:1:1: template: /bin of this host is not a link into /usr");
}

TEST_CASE("a command is not run inside where the container's processes could trace it") {
  SeccompFilters filters;
  ContainerSpec spec = web();
  CHECK(compile_exec(spec, unified_host(), filters, 6, {"true"}));
  for (const char* name : {"sys_ptrace", "all"}) {
    spec.security.cap_add = {name};
    const auto program = compile_exec(spec, unified_host(), filters, 6, {"true"});
    REQUIRE(!program);
    CHECK(program.error().message() ==
          "web.toml:9:1: security.cap_add: an exec health check cannot be run safely beside "
          "sys_ptrace: use tcp or http");
  }
}

TEST_CASE("the parents that only containers are in must go, the others may stay") {
  HostFacts facts = hybrid_host();
  facts.cgroup_parent = "berth.slice/one";
  const auto program = compile_remove_parents(facts);
  const auto steps = program.steps();
  REQUIRE(steps.size() == 21);
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CHECK(steps[i].flags == (i < 14 ? handoff::kTolerateAll : handoff::kTolerateMissing));
  }
  CHECK(program.origin(14).what == "/sys/fs/cgroup/unified/berth.slice/one");
  CHECK(program.origin(18).what == "/sys/fs/cgroup/pids/berth.slice/one");
}

TEST_CASE("removing a root leaves leases and logs, and with everything nothing else") {
  CHECK(compile_remove_root("web", kPaths, false).steps().size() == 4);
  const std::string listing = compile_remove_root("web", kPaths, true).listing();
  CHECK(listing.find("/b/var/lib/berth/containers/web\"") != std::string::npos);
  CHECK(listing.find("/b/run/berth/running/web\"") != std::string::npos);
  CHECK(listing.find("leases") == std::string::npos);
  CHECK(listing.find("log") == std::string::npos);
}

}  // namespace
}  // namespace berth::runtime
