// Tests of the layout of control groups and of processes by pidfd, against this very kernel.
#include <doctest/doctest.h>
#include <signal.h>
#include <unistd.h>

#include "supervisor/kernel/cgroup.h"
#include "supervisor/kernel/process.h"
#include "supervisor/kernel/raw.h"

using namespace berth;
using namespace berth::kernel;

namespace {

constexpr std::string_view kHybrid =
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw shared:5 master:1 - cgroup cgroup rw,cpu,cpuacct\n"
    "33 31 0:30 /part /mnt/memory rw,relatime - cgroup cgroup rw,memory\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
    "41 31 0:38 / /sys/fs/cgroup/uni\\040fied rw,relatime - cgroup2 cgroup2 rw\n";

constexpr std::string_view kUnified =
    "24 1 0:22 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n";

}  // namespace

TEST_CASE("the hybrid layout is read from mountinfo") {
  const auto layout = parse_cgroup_layout(kHybrid, "hugetlb\n");
  REQUIRE(layout.has_value());
  CHECK(layout->hybrid());
  CHECK(layout->tracking == "/sys/fs/cgroup/uni fied");
  CHECK(layout->v1 == std::map<std::string, std::string>{{"cpu", "/sys/fs/cgroup/cpu,cpuacct"},
                                                         {"cpuacct", "/sys/fs/cgroup/cpu,cpuacct"},
                                                         {"memory", "/sys/fs/cgroup/memory"}});
  CHECK(layout->v2 == std::set<std::string>{"hugetlb"});
  CHECK(layout->systemd == "/sys/fs/cgroup/systemd");
}

TEST_CASE("on cgroup v2 alone there are no v1 mounts") {
  const auto layout = parse_cgroup_layout(kUnified, "cpu memory pids");
  REQUIRE(layout.has_value());
  CHECK(!layout->hybrid());
  CHECK(layout->systemd.empty());
  CHECK(layout->v2 == std::set<std::string>{"cpu", "memory", "pids"});
}

TEST_CASE("a host without a cgroup v2 tree is refused in words") {
  CHECK(!parse_cgroup_layout("22 1 0:2 / / rw - ext4 /dev/vda rw\n", "").has_value());
}

TEST_CASE("this host's layout can be read") {
  const auto layout = detect_cgroup_layout();
  REQUIRE(layout.has_value());
  CHECK(::access((layout->tracking + "/cgroup.procs").c_str(), F_OK) == 0);
}

TEST_CASE("a child is signalled and reaped by its pidfd") {
  int raw_pidfd = -1;
  const pid_t pid = raw::clone3(0, SIGCHLD, &raw_pidfd, -1);
  if (pid == 0) {
    ::pause();
    ::_exit(1);
  }
  REQUIRE(pid > 0);
  const unique_fd pidfd(raw_pidfd);
  CHECK(!reap_if_ended(pidfd.get())->has_value());
  CHECK(send_signal(pidfd.get(), SIGKILL).has_value());
  const auto exit = reap(pidfd.get());
  REQUIRE(exit.has_value());
  CHECK(exit->pid == pid);
  CHECK(exit->status == SIGKILL);
  CHECK(reap_if_ended(pidfd.get()).error().code == ECHILD);
  CHECK(send_signal(pidfd.get(), SIGKILL).error().code == ESRCH);
}
