// Steps that set limits, on the running kernel, in cgroups of the test's own.
#include <tuple>

#include <sys/stat.h>

#include "supervisor/kernel/cgroup.h"
#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime::testing;

namespace {

// A parent and a container's cgroup below it, gone with their processes.
struct Tree {
  std::string parent;
  std::string container;
  pid_t inhabitant = -1;

  explicit Tree(const std::string& mount)
      : parent(mount + "/berth-limits-" + std::to_string(::getpid())),
        container(parent + "/c-web") {
    REQUIRE(::mkdir(parent.c_str(), 0755) == 0);
    REQUIRE(::mkdir(container.c_str(), 0755) == 0);
  }
  ~Tree() {
    if (inhabitant > 0) {
      ::kill(inhabitant, SIGKILL);
      ::waitpid(inhabitant, nullptr, 0);
    }
    ::rmdir(container.c_str());
    ::rmdir(parent.c_str());
  }
  // A process in the parent itself.
  void inhabit() {
    Pipe ready;
    inhabitant = ::fork();
    if (inhabitant == 0) {
      std::ofstream(parent + "/cgroup.procs") << "0" << std::flush;
      ready.writer.reset();
      for (;;) ::pause();
    }
    ready.drain();
  }
};

// The mount of a v1 controller; empty without root or such a controller.
std::string v1_mount(const std::string& controller) {
  const auto layout = kernel::detect_cgroup_layout();
  const bool there = is_root() && layout && layout->v1.contains(controller);
  return there ? layout->v1.at(controller) : std::string();
}

Answer run_one(Op op, const Program::Operands& operands) {
  Program program;
  program.add(op, operands);
  TestLauncher launcher;
  return launcher.run(program);
}

}  // namespace

TEST_CASE("a raw file goes back to what a new cgroup has, also one that shows more than it takes") {
  const std::string mount = v1_mount("memory");
  if (mount.empty()) {
    MESSAGE("skipped: it takes root and the v1 memory controller");
    return;
  }
  const Tree tree(mount);
  for (const char* name : {"memory.swappiness", "memory.oom_control"}) {
    const std::string file = tree.container + "/" + name;
    const std::string before = content_of(file);
    std::ofstream(file) << "1" << std::flush;
    CHECK(content_of(file) != before);
    const Answer answer = run_one(Op::cgroup_reset, {.text = tree.container, .text2 = name});
    CHECK_MESSAGE(answer.reply.failed_step == -1, answer.text());
    CHECK(content_of(file) == before);
  }
  // A switch has nothing to go back to, and nothing of the looking stays.
  CHECK(run_one(Op::cgroup_reset, {.text = tree.container, .text2 = "memory.force_empty"})
            .reply.failed_step == -1);
  ::rmdir(tree.container.c_str());
  CHECK(::rmdir(tree.parent.c_str()) == 0);
}

TEST_CASE("of several files those that are there are written, and one must be") {
  const TemporaryDirectory directory;
  std::ofstream(directory.path + "/b") << "";
  const std::string both = words({"a", "1", "b", "2"});
  CHECK(run_one(Op::write_any, {.text = directory.path, .text2 = both}).reply.failed_step == -1);
  CHECK(content_of(directory.path + "/b") == "2");
  const Answer none =
      run_one(Op::write_any, {.text = directory.path, .text2 = words({"x", "1", "y", "2"})});
  CHECK(none.reply.error == ENOENT);
  CHECK(none.detail() == "this host's kernel cannot: it has no x and no y");
}

TEST_CASE("a limit of a device is written with its numbers, and only for a whole disk") {
  const TemporaryDirectory directory;
  const std::string file = directory.path + "/io.max";
  std::ofstream(file) << "";
  const auto limit = [&](const std::string& device) {
    return run_one(Op::write_device, {.text = file, .text2 = device + '\0' + "rbps=1"});
  };
  CHECK(limit("/dev/null").reply.error == ENOTBLK);
  CHECK(limit("/dev/no-such").reply.error == ENOENT);
  struct stat status{};
  if (::stat("/dev/loop0", &status) != 0) return;
  CHECK(limit("/dev/loop0").reply.failed_step == -1);
  CHECK(content_of(file) == "7:0 rbps=1");
}

// The kernel would take "+cpu" alone there, and no process below it any more.
TEST_CASE("in a cgroup that holds processes no controller is turned on, and the error names it") {
  const auto layout = kernel::detect_cgroup_layout();
  std::string controller;
  if (is_root() && layout) {
    std::istringstream names(content_of(layout->tracking + "/cgroup.subtree_control"));
    for (std::string name; names >> name;) {
      if (name == "memory" || name == "hugetlb" || name == "io") controller = name;
    }
  }
  if (controller.empty()) {
    MESSAGE("skipped: it takes root and a controller on cgroup v2");
    return;
  }
  Tree tree(layout->tracking);
  tree.inhabit();
  const Answer answer =
      run_one(Op::enable_controllers, {.text = tree.parent, .text2 = controller + " | cpu pids"});
  CHECK(answer.reply.error == EBUSY);
  CHECK(answer.detail() == "the cgroup " + tree.parent +
                               " holds processes itself, so that nothing below it can be limited: "
                               "set cgroup in berthd.toml to another place");
  CHECK(run_one(Op::enable_controllers, {.text = tree.parent, .text2 = "| " + controller})
            .reply.failed_step == -1);
  CHECK(content_of(tree.parent + "/cgroup.subtree_control").empty());
  CHECK(content_of(tree.container + "/cgroup.type") == "domain\n");
}
