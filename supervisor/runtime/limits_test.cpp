#include "supervisor/runtime/limits.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_testing.h"
#include "supervisor/runtime/launcher_harness.h"

namespace berth::runtime {
namespace {

using testing::hybrid_host;
using testing::unified_host;
using testing::web;

LimitSpec every_limit() {
  LimitSpec limits;
  limits.memory = Bytes{64u << 20};
  limits.memory_high = Bytes{48u << 20};
  limits.cpus = 0.5;
  limits.cpu_weight = 200;
  limits.cpuset = "1,3";
  limits.pids = 32;
  return limits;
}

// "file=content" lines, for comparing at a glance.
std::string table(const Result<std::vector<CgroupWrite>>& writes) {
  if (!writes) return writes.error().message();
  std::string out;
  for (const CgroupWrite& write : *writes) out += write.file + "=" + write.content + "\n";
  return out;
}

TEST_CASE("limits become files of one directory on cgroup v2") {
  ContainerSpec spec = web();
  spec.limits = every_limit();
  CHECK(table(limit_writes(spec, unified_host())) ==
        "/sys/fs/cgroup/berth/c-web/memory.max=67108864\n"
        "/sys/fs/cgroup/berth/c-web/memory.high=50331648\n"
        "/sys/fs/cgroup/berth/c-web/cpu.max=50000 100000\n"
        "/sys/fs/cgroup/berth/c-web/cpu.weight=200\n"
        "/sys/fs/cgroup/berth/c-web/cpuset.cpus=1,3\n"
        "/sys/fs/cgroup/berth/c-web/pids.max=32\n");
}

TEST_CASE("limits become files of each controller on cgroup v1") {
  ContainerSpec spec = web();
  spec.limits = every_limit();
  CHECK(table(limit_writes(spec, hybrid_host())) ==
        "/sys/fs/cgroup/memory/berth/c-web/memory.limit_in_bytes=67108864\n"
        "/sys/fs/cgroup/memory/berth/c-web/memory.soft_limit_in_bytes=50331648\n"
        "/sys/fs/cgroup/cpu/berth/c-web/cpu.cfs_quota_us=50000\n"
        "/sys/fs/cgroup/cpu/berth/c-web/cpu.shares=2048\n"
        "/sys/fs/cgroup/cpuset/berth/c-web/cpuset.cpus=1,3\n"
        "/sys/fs/cgroup/pids/berth/c-web/pids.max=32\n");
}

TEST_CASE("a definition without limits writes nothing") {
  CHECK(table(limit_writes(web(), unified_host())).empty());
}

TEST_CASE("a limit that is gone gets the kernel's default back") {
  ContainerSpec before = web();
  before.limits = every_limit();
  CHECK(table(limit_changes(before, web(), unified_host())) ==
        "/sys/fs/cgroup/berth/c-web/memory.max=max\n"
        "/sys/fs/cgroup/berth/c-web/memory.high=max\n"
        "/sys/fs/cgroup/berth/c-web/cpu.max=max 100000\n"
        "/sys/fs/cgroup/berth/c-web/cpu.weight=100\n"
        "/sys/fs/cgroup/berth/c-web/cpuset.cpus=\n\n"
        "/sys/fs/cgroup/berth/c-web/pids.max=max\n");
  CHECK(table(limit_changes(before, web(), hybrid_host())) ==
        "/sys/fs/cgroup/memory/berth/c-web/memory.limit_in_bytes=-1\n"
        "/sys/fs/cgroup/memory/berth/c-web/memory.soft_limit_in_bytes=-1\n"
        "/sys/fs/cgroup/cpu/berth/c-web/cpu.cfs_quota_us=-1\n"
        "/sys/fs/cgroup/cpu/berth/c-web/cpu.shares=1024\n"
        "/sys/fs/cgroup/cpuset/berth/c-web/cpuset.cpus=0-3\n"
        "/sys/fs/cgroup/pids/berth/c-web/pids.max=max\n");
}

TEST_CASE("only the limits that changed are written again") {
  ContainerSpec before = web();
  before.limits = every_limit();
  ContainerSpec after = before;
  after.limits.memory = Bytes{128u << 20};
  CHECK(table(limit_changes(before, after, unified_host())) ==
        "/sys/fs/cgroup/berth/c-web/memory.max=134217728\n");
  CHECK(table(limit_changes(before, before, unified_host())).empty());
}

TEST_CASE("a limit whose controller the host lacks is an error at its key") {
  ContainerSpec spec = web();
  spec.limits.memory = Bytes{64u << 20};
  HostFacts facts = unified_host();
  facts.controllers.erase("memory");
  CHECK(table(limit_writes(spec, facts)) ==
        "web.toml:5:1: limits.memory: this host has no cgroup controller \"memory\"");
}

TEST_CASE("a processor that the host lacks is an error, and so is what is no list") {
  ContainerSpec spec = web();
  spec.limits.cpuset = "2-4";
  CHECK(table(limit_writes(spec, unified_host())) ==
        "web.toml:4:1: limits.cpuset: processor 4 is not there: this host has 0-3");
  spec.limits.cpuset = "first";
  CHECK(table(limit_writes(spec, unified_host())) ==
        "web.toml:4:1: limits.cpuset: \"first\" is not a list of processors");
}

std::string listing_of(const Result<std::vector<CgroupWrite>>& writes, const ContainerSpec& spec) {
  if (!writes) return writes.error().message();
  handoff::Program program;
  add_limits(program, spec, *writes);
  return program.listing();
}

TEST_CASE("swap is a file of its own on v2, and a sum with memory on v1, in the order it takes") {
  ContainerSpec none = web();
  ContainerSpec small = web();
  small.limits.memory = Bytes{64u << 20};
  small.limits.memory_swap = Bytes{0};
  ContainerSpec large = web();
  large.limits.memory = Bytes{128u << 20};
  large.limits.memory_swap = Bytes{64u << 20};
  const auto keys = [](const Result<std::vector<CgroupWrite>>& writes) {
    std::string out;
    for (const CgroupWrite& write : writes.value()) {
      out += write.content.substr(write.content.find('\0') + 1) + " ";
    }
    return out;
  };
  CHECK(keys(limit_writes(large, unified_host())) == "134217728 67108864 ");
  CHECK(keys(limit_changes(large, none, unified_host())) == "max max ");
  CHECK(keys(limit_writes(small, hybrid_host())) == "67108864 67108864 ");
  // Memory and swap together are never less than memory: the sum first when it grows.
  CHECK(keys(limit_changes(small, large, hybrid_host())) == "201326592 134217728 ");
  CHECK(keys(limit_changes(large, small, hybrid_host())) == "67108864 67108864 ");
  CHECK(limit_changes(large, small, hybrid_host()).value()[0].key == "limits.memory");
  CHECK(keys(limit_changes(small, none, hybrid_host())) == "-1 -1 ");
  CHECK(limit_changes(small, none, hybrid_host()).value()[0].key == "limits.memory_swap");
}

TEST_CASE("limits of devices are one line on v2 and four files on v1") {
  ContainerSpec spec = web();
  spec.limits.io = {IoLimitSpec{.device = "/dev/vda", .read_bps = Bytes{4096}, .write_iops = 5}};
  CHECK(table(limit_writes(spec, unified_host())) ==
        "/sys/fs/cgroup/berth/c-web/io.max=rbps=4096 wbps=max riops=max wiops=5\n");
  CHECK(table(limit_writes(spec, hybrid_host())) ==
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.read_bps_device=4096\n"
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.write_iops_device=5\n");
  CHECK(table(limit_changes(spec, web(), unified_host())) ==
        "/sys/fs/cgroup/berth/c-web/io.max=rbps=max wbps=max riops=max wiops=max\n");
  CHECK(table(limit_changes(spec, web(), hybrid_host())) ==
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.read_bps_device=0\n"
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.write_iops_device=0\n");
  ContainerSpec more = spec;
  more.limits.io[0].read_bps.reset();
  more.limits.io[0].write_iops = 6;
  CHECK(table(limit_changes(spec, more, hybrid_host())) ==
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.read_bps_device=0\n"
        "/sys/fs/cgroup/io/berth/c-web/blkio.throttle.write_iops_device=6\n");
}

TEST_CASE("a raw file is written as it is, and goes back to what a new cgroup has") {
  ContainerSpec spec = web();
  spec.limits.cgroup = {{"memory.oom.group", "1"}, {"cpuset.mems", "0"}};
  const auto set = limit_writes(spec, unified_host());
  CHECK(table(set) ==
        "/sys/fs/cgroup/berth/c-web/cpuset.mems=0\n"
        "/sys/fs/cgroup/berth/c-web/memory.oom.group=1\n");
  CHECK(controllers_of(*set) == std::vector<std::string>{"cpuset", "memory"});
  const std::string gone = listing_of(limit_changes(spec, web(), unified_host()), web());
  CHECK(gone.find("cgroup_reset text=\"/sys/fs/cgroup/berth/c-web\" text2=\"memory.oom.group\"") !=
        std::string::npos);
  CHECK(table(limit_changes(spec, web(), hybrid_host()))
            .starts_with("/sys/fs/cgroup/cpuset/berth/c-web/cpuset.mems=0\n"));
  spec.limits.cgroup = {{"net_cls.classid", "1"}};
  CHECK(table(limit_writes(spec, unified_host())) ==
        "web.toml:4:1: limits.cgroup.\"net_cls.classid\": this host has no cgroup controller "
        "\"net_cls\"");
}

TEST_CASE("a weight goes to every file that a scheduler may look at") {
  ContainerSpec spec = web();
  spec.limits.io_weight = 1000;
  const std::string v2 = listing_of(limit_writes(spec, unified_host()), spec);
  CHECK(v2.find("io.weight\\0default 1000\\0io.bfq.weight\\0181") != std::string::npos);
  const std::string v1 = listing_of(limit_writes(spec, hybrid_host()), spec);
  CHECK(v1.find("blkio.bfq.weight\\0181\\0blkio.weight\\0545") != std::string::npos);
  for (const auto& [weight, bfq, cfq] :
       {std::array<std::uint64_t, 3>{1, 1, 10}, {100, 100, 500}, {10000, 1000, 1000}}) {
    CHECK(bfq_weight_of(static_cast<std::int64_t>(weight)) == bfq);
    CHECK(cfq_weight_of(static_cast<std::int64_t>(weight)) == cfq);
  }
}

TEST_CASE("weights become shares so that the usual weight is the usual share") {
  CHECK(cpu_shares_of(100) == 1024);
  CHECK(cpu_shares_of(1) == 10);
  CHECK(cpu_shares_of(10000) == 102400);
}

TEST_CASE("a resource limit above the host's hard limit is an error that says what is allowed") {
  ContainerSpec spec = web();
  spec.limits.ulimits["nofile"] = {1024, 100000};
  HostFacts facts = unified_host();
  const auto refused = resource_limits(spec, facts);
  REQUIRE(!refused);
  CHECK(refused.error().what ==
        "web.toml:4:1: limits.ulimits.nofile: 100000 is more than this host lets berthd give: "
        "65536 (CAP_SYS_RESOURCE is missing)");
  facts.can_raise_limits = true;
  const auto given = resource_limits(spec, facts);
  REQUIRE(given);
  CHECK(given->at(0).hard == 100000);
  spec.limits.ulimits["nofile"].hard = UlimitSpec::kUnlimited;
  CHECK(!resource_limits(spec, facts));  // above fs.nr_open nobody may
}

TEST_CASE("a resource limit of no known name, or with soft above hard, is an error") {
  ContainerSpec spec = web();
  spec.limits.ulimits["files"] = {1, 1};
  CHECK(!resource_limits(spec, unified_host()));
  spec.limits.ulimits.clear();
  spec.limits.ulimits["core"] = {2, 1};
  CHECK(!resource_limits(spec, unified_host()));
}

TEST_CASE("lists of processors are read as the kernel writes them") {
  CHECK(parse_cpu_list("0-2,5\n") == std::vector<int>{0, 1, 2, 5});
  CHECK(parse_cpu_list("3") == std::vector<int>{3});
  CHECK(!parse_cpu_list(""));
  CHECK(!parse_cpu_list("1-"));
  CHECK(!parse_cpu_list("2-1"));
  CHECK(!parse_cpu_list("1,,2"));
}

TEST_CASE("a controller that v1 has is used there, another one on v2") {
  HostFacts facts;
  take_cgroup_layout({"/sys/fs/cgroup/unified", {{"cpu", "/sys/fs/cgroup/cpu"}}, {"cpu", "pids"}},
                     facts);
  CHECK(facts.unified == "/sys/fs/cgroup/unified");
  CHECK(*facts.controller("cpu") == ControllerHome{"/sys/fs/cgroup/cpu", true});
  CHECK(*facts.controller("pids") == ControllerHome{"/sys/fs/cgroup/unified", false});
  CHECK(facts.controller("memory") == nullptr);
}

TEST_CASE("the OOM count, the tracking cgroup and the parents are where the layout has them") {
  HostFacts facts = hybrid_host();
  facts.cgroup_parent = "berth.slice/one";
  CHECK(tracking_cgroup("web", facts) == "/sys/fs/cgroup/unified/berth.slice/one/c-web");
  CHECK(oom_kill_file("web", facts) ==
        "/sys/fs/cgroup/memory/berth.slice/one/c-web/memory.oom_control");
  CHECK(oom_kill_file("web", unified_host()) == "/sys/fs/cgroup/berth/c-web/memory.events");
  CHECK(v1_cgroups("web", unified_host()).empty());
  const auto parents = parent_cgroups(facts);
  REQUIRE(parents.size() == 14);
  CHECK(parents[0] == "/sys/fs/cgroup/unified/berth.slice/one");
  CHECK(parents[1] == "/sys/fs/cgroup/unified/berth.slice");
}

TEST_CASE("a container is found by any cgroup that is left of it, and once") {
  const testing::TemporaryDirectory directory;
  HostFacts facts;
  facts.unified = directory.path + "/unified";
  for (const char* name : {"cpu", "memory"}) {
    facts.controllers[name] = {directory.path + "/" + name, true};
  }
  for (const char* made : {"unified/berth/c-both", "unified/berth/other", "memory/berth/c-both",
                           "memory/berth/c-left"}) {
    std::filesystem::create_directories(directory.path + "/" + made);
  }
  std::ofstream(directory.path + "/memory/berth/c-file") << "";
  CHECK(containers_in_cgroups(facts) == std::vector<std::string>{"both", "left"});
}

}  // namespace
}  // namespace berth::runtime
