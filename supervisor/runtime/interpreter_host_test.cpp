// Steps of the launcher's own part, on the running kernel, as root.
#include <filesystem>
#include <tuple>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "supervisor/kernel/cgroup.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/interpreter_tree.h"
#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime::testing;
namespace raw = berth::kernel::raw;

namespace {

// A cgroup of the test's own, gone with it.
struct TestCgroup {
  std::string path;
  explicit TestCgroup(const std::string& mount)
      : path(mount + "/berth-test-" + std::to_string(::getpid())) {
    REQUIRE(::mkdir(path.c_str(), 0755) == 0);
  }
  ~TestCgroup() {
    ::rmdir((path + "/child").c_str());
    ::rmdir(path.c_str());
  }
  // A process that sleeps in the cgroup or a child of it, until it is killed.
  [[nodiscard]] pid_t inhabit(const std::string& below) const {
    ::mkdir((path + below).c_str(), 0755);
    Pipe ready;
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::signal(SIGTERM, SIG_IGN);
      std::ofstream(path + below + "/cgroup.procs") << "0" << std::flush;
      ready.writer.reset();
      for (;;) ::pause();
    }
    ready.drain();
    return pid;
  }
};

std::string link_up(const std::string& name) {
  struct {
    nlmsghdr header;
    ifinfomsg info;
    rtattr attribute;
    char name[16];
  } message{};
  message.header.nlmsg_len =
      static_cast<std::uint32_t>(NLMSG_LENGTH(sizeof(ifinfomsg)) + RTA_SPACE(name.size() + 1));
  message.header.nlmsg_type = RTM_NEWLINK;
  message.header.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
  message.info.ifi_flags = message.info.ifi_change = 1;  // IFF_UP
  message.attribute.rta_len = static_cast<std::uint16_t>(RTA_LENGTH(name.size() + 1));
  message.attribute.rta_type = IFLA_IFNAME;
  name.copy(message.name, sizeof(message.name) - 1);
  return {reinterpret_cast<const char*>(&message), message.header.nlmsg_len};
}

void make_deep(const std::string& top, int depth) {
  int fd = ::open(top.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
  for (int i = 0; i < depth; ++i) {
    REQUIRE(::mkdirat(fd, "a-rather-long-name", 0700) == 0);
    const int next = ::openat(fd, "a-rather-long-name", O_PATH | O_DIRECTORY | O_CLOEXEC);
    ::close(std::exchange(fd, next));
  }
  ::close(fd);
}

}  // namespace

TEST_CASE("a v2 cgroup is killed, with what is below it, and removed") {
  const auto layout = kernel::detect_cgroup_layout();
  REQUIRE(layout.has_value());
  const TestCgroup cgroup(layout->tracking);
  const pid_t upper = cgroup.inhabit("");
  const pid_t lower = cgroup.inhabit("/child");
  TestLauncher launcher;
  Program program;
  program.add(Op::cgroup_remove, {.text = cgroup.path, .value = 10'000});
  program.add(Op::cgroup_remove, {.text = cgroup.path, .value = 10'000});  // gone is fine
  const Answer answer = launcher.run(program);
  INFO(answer.text());
  CHECK(answer.reply.failed_step == -1);
  CHECK(reap_pid(upper).status == SIGKILL);
  CHECK(reap_pid(lower).status == SIGKILL);
  CHECK(!std::filesystem::exists(cgroup.path));
}

TEST_CASE("a v1 cgroup is removed however deep and wide its own are") {
  const auto layout = kernel::detect_cgroup_layout();
  REQUIRE(layout.has_value());
  if (layout->systemd.empty()) return;  // a host with cgroup v2 alone
  const TestCgroup cgroup(layout->systemd);
  make_deep(cgroup.path, 300);
  for (const char* name : {"/one", "/one/more", "/two", "/two/more"}) {
    REQUIRE(::mkdir((cgroup.path + name).c_str(), 0755) == 0);
  }
  TestLauncher launcher;
  Program program;
  program.add(Op::cgroup_remove, {.text = cgroup.path, .value = 10'000});
  const Answer answer = launcher.run(program);
  INFO(answer.text());
  CHECK(answer.reply.failed_step == -1);
  CHECK(!std::filesystem::exists(cgroup.path));
}

TEST_CASE("a v1 cgroup is waited for, not killed") {
  const auto layout = kernel::detect_cgroup_layout();
  REQUIRE(layout.has_value());
  const std::string mount = layout->v1.contains("pids") ? layout->v1.at("pids") : "";
  if (mount.empty()) return;  // a host with cgroup v2 alone
  const TestCgroup cgroup(mount);
  const pid_t process = cgroup.inhabit("");
  TestLauncher launcher;
  Program program;
  program.add(Op::cgroup_remove, {.text = cgroup.path, .value = 50});
  const Answer late = launcher.run(program);
  CHECK(late.reply.error == ETIMEDOUT);
  Program patient;
  patient.add(Op::cgroup_remove, {.text = cgroup.path, .value = 10'000});
  launcher.send(patient);
  ::kill(process, SIGKILL);
  reap_pid(process);
  CHECK(launcher.receive().reply.failed_step == -1);
  CHECK(!std::filesystem::exists(cgroup.path));
}

TEST_CASE("nothing but a cgroup is removed as one") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  Program program;
  program.add(Op::cgroup_remove, {.text = directory.path, .value = 10});
  CHECK(launcher.run(program).reply.error == EINVAL);
  CHECK(std::filesystem::exists(directory.path));
}

TEST_CASE("a link of a new network namespace is set up by netlink, and errors come in words") {
  TestLauncher launcher;
  Program program;
  program.add(Op::new_netns, {.fd = slot(0)});
  program.add(Op::netlink_open, {.fd = slot(1), .fd2 = slot(0)});
  program.add(Op::netlink, {.fd = slot(1), .text = link_up("lo") + link_up("lo")});
  program.add(Op::netlink,
              {.fd = slot(1), .text = link_up("no-such-link"), .flags = handoff::kTolerateMissing});
  // The launcher's own is another one, and down.
  program.add(Op::set_ns, {.fd = slot(0), .value = CLONE_NEWNET});
  program.add(Op::write_file, {.text = "/proc/sys/net/ipv4/ip_forward", .text2 = "1"});
  program.add(Op::set_ns, {.value = CLONE_NEWNET});
  program.add(Op::give, {.fd = slot(0)});
  program.add(Op::netlink, {.fd = slot(1), .text = link_up("no-such-link")});
  const Answer answer = launcher.run(program);
  INFO(answer.text());
  CHECK(answer.reply.failed_step == 8);
  CHECK(answer.reply.error == ENODEV);
  Program no_acknowledgement;
  std::string message = link_up("lo");
  message[6] = NLM_F_REQUEST;
  no_acknowledgement.add(Op::netlink_open, {.fd = slot(1)});
  no_acknowledgement.add(Op::netlink, {.fd = slot(1), .text = message});
  CHECK(launcher.run(no_acknowledgement).reply.error == EBADMSG);
}

TEST_CASE("a visited namespace's settings are not the launcher's own") {
  TestLauncher launcher;
  Program program;
  program.add(Op::new_netns, {.fd = slot(0)});
  program.add(Op::set_ns, {.fd = slot(0), .value = CLONE_NEWNET});
  program.add(Op::write_file, {.text = "/proc/sys/net/ipv4/ip_forward", .text2 = "1"});
  const Answer answer = launcher.run(program);
  INFO(answer.text());
  CHECK(answer.reply.failed_step == -1);
  const unique_fd output(::memfd_create("output", MFD_CLOEXEC));
  Program look;  // after a program that did not return by itself
  look.set_fd_count(1);
  look.add(Op::run, {.fd = slot(0), .text = words({"cat", "/proc/sys/net/ipv4/ip_forward"})});
  CHECK(launcher.run(look, {output.get()}).reply.failed_step == -1);
  char value = 0;
  CHECK(::pread(output.get(), &value, 1, 0) == 1);
  CHECK(value == '0');
}

TEST_CASE("a host program reads its input, writes its output, and explains its failure") {
  TestLauncher launcher;
  const unique_fd output(::memfd_create("output", MFD_CLOEXEC));
  const std::string large(200'000, 'x');
  Program program;
  program.set_fd_count(1);
  program.add(Op::run, {.fd = slot(0), .text = "cat", .text2 = large});
  CHECK(launcher.run(program, {output.get()}).reply.failed_step == -1);
  struct stat status{};
  REQUIRE(::fstat(output.get(), &status) == 0);
  CHECK(status.st_size == 200'000);

  Program failing;
  failing.add(Op::run, {.text = words({"sh", "-c", "echo no such rule >&2; exit 3"})});
  const Answer failed = launcher.run(failing);
  CHECK(failed.reply.error == EREMOTEIO);
  CHECK(failed.detail() == "no such rule ");
  Program flood;
  flood.add(Op::run, {.text = words({"sh", "-c", "yes | head -c 5000000 >&2; exit 3"})});
  CHECK(launcher.run(flood).detail().size() == 479);
  Program missing;
  missing.add(Op::run, {.text = "no-such-program-of-ours"});
  CHECK(launcher.run(missing).reply.error == ENOENT);
}

TEST_CASE("a tree is removed however deep it is, and links in it lead nowhere") {
  TemporaryDirectory directory;
  const std::string top = directory.path + "/top";
  std::filesystem::create_directories(top + "/work/work");
  std::ofstream(directory.path + "/outside") << "kept";
  std::filesystem::create_symlink("/usr", top + "/link");
  std::filesystem::create_symlink(directory.path + "/outside", top + "/file-link");
  for (int i = 0; i < 3000; ++i) std::ofstream(top + "/file-" + std::to_string(i)) << i;
  ::chmod((top + "/work/work").c_str(), 0);
  make_deep(top, 600);
  CHECK(runtime::remove_tree(top.c_str()) == 0);
  CHECK(!std::filesystem::exists(top));
  CHECK(content_of(directory.path + "/outside") == "kept");
  CHECK(runtime::remove_tree(top.c_str()) == ENOENT);
  std::ofstream(top) << "a file";
  CHECK(runtime::remove_tree(top.c_str()) == 0);
}

TEST_CASE("a mount in a tree that is to be removed is left as it is") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  const std::string top = directory.path + "/top";
  Program program;
  program.add(Op::make_path, {.text = top + "/mounted", .value = 0700});
  program.add(Op::fs_open, {.fd = slot(1), .text = "tmpfs"});
  program.add(Op::fs_mount, {.fd = slot(1), .fd2 = slot(2)});
  program.add(Op::create_file, {.fd2 = slot(2), .text = "precious", .value = 0600});
  program.add(Op::attach, {.fd = slot(2), .text = top + "/mounted"});
  program.add(Op::remove_tree, {.text = top});
  program.add(Op::open_path,
              {.fd = slot(3), .text = top + "/mounted/precious", .flags = handoff::kAlways});
  program.add(Op::detach, {.text = top + "/mounted", .flags = handoff::kAlways});
  const Answer answer = launcher.run(program);
  CHECK(answer.reply.failed_step == 5);
  CHECK(answer.reply.error == EXDEV);
  Program detached;
  detached.add(Op::remove_tree, {.text = top});
  CHECK(launcher.run(detached).reply.failed_step == -1);
}

TEST_CASE("a tree is copied with owners, modes and links, and without devices") {
  TemporaryDirectory directory;
  const std::string from = directory.path + "/from";
  const std::string to = directory.path + "/to";
  std::filesystem::create_directories(from + "/sub");
  std::ofstream(from + "/sub/file") << "content";
  ::chmod((from + "/sub/file").c_str(), 04711);
  CHECK(::chown((from + "/sub").c_str(), 12, 34) == 0);
  std::filesystem::create_symlink("/nowhere", from + "/link");
  ::mkfifo((from + "/fifo").c_str(), 0600);
  ::mknod((from + "/null").c_str(), S_IFCHR | 0666, 0x103);
  REQUIRE(runtime::copy_tree(from.c_str(), to.c_str()) == 0);
  REQUIRE(runtime::copy_tree(from.c_str(), to.c_str()) == 0);  // again, over itself
  CHECK(content_of(to + "/sub/file") == "content");
  struct stat status{};
  CHECK(::stat((to + "/sub/file").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777) == 04711);
  CHECK(::stat((to + "/sub").c_str(), &status) == 0);
  CHECK(status.st_gid == 34);
  CHECK(std::filesystem::read_symlink(to + "/link") == "/nowhere");
  CHECK(::lstat((to + "/fifo").c_str(), &status) != 0);
  CHECK(::lstat((to + "/null").c_str(), &status) != 0);
}

TEST_CASE("a mount target is made inside its root, whatever links lead to") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  const std::string root = directory.path + "/root";
  std::filesystem::create_directories(root);
  std::filesystem::create_symlink("/escape", root + "/absolute");
  std::filesystem::create_symlink("../../../..", root + "/up");
  std::filesystem::create_symlink("/proc/self/fd/" + std::to_string(slot(0)), root + "/magic");
  const auto make = [&](const std::string& path, std::uint64_t kind, std::uint16_t flags = 0) {
    Program program;
    program.add(Op::open_path, {.fd = slot(0), .text = root, .value = O_PATH | O_DIRECTORY});
    program.add(Op::make_target, {.fd = slot(1),
                                  .fd2 = slot(0),
                                  .text = path,
                                  .value = kind,
                                  .value2 = static_cast<std::uint64_t>(slot(0)),
                                  .flags = flags});
    return launcher.run(program).reply.error;
  };
  CHECK(make("/a/b//c/", 0) == 0);
  CHECK(std::filesystem::is_directory(root + "/a/b/c"));
  CHECK(make("a/file", 1) == 0);
  CHECK(std::filesystem::is_regular_file(root + "/a/file"));
  CHECK(make("a/like", 2) == 0);
  CHECK(std::filesystem::is_directory(root + "/a/like"));
  CHECK(make("up/etc-of-mine", 0) == 0);
  CHECK(std::filesystem::is_directory(root + "/etc-of-mine"));
  CHECK(!std::filesystem::exists(directory.path + "/etc-of-mine"));
  CHECK(make("a/../../x", 0) == EINVAL);
  CHECK(make("absolute/x", 0) != 0);  // dangling
  CHECK(!std::filesystem::exists("/escape"));
  CHECK(make("up/x", 0, handoff::kNoSymlinks) == ELOOP);
  CHECK(make("absolute", 1, handoff::kReplaceSymlink) == 0);
  CHECK(std::filesystem::is_regular_file(std::filesystem::symlink_status(root + "/absolute")));
}
