// Programs carried out by a real launcher, on the running kernel, as root.
#include <cstring>
#include <tuple>

#include <linux/openat2.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime::testing;

namespace {

// Runs /bin/sh with `script` as the child's only doing; its output goes to slot 0.
Program shell(const std::string& script, std::uint64_t namespaces = 0) {
  Program program;
  program.set_launch_id(77);
  program.set_fd_count(1);
  program.set_environment("PATH=/usr/bin:/bin");
  program.add(Op::spawn, {.value = namespaces});
  program.begin_child();
  program.add(Op::duplicate, {.fd = slot(0), .fd2 = 1});
  program.add(Op::execute, {.text = "/bin/sh", .text2 = words({"sh", "-c", script})});
  return program;
}

struct Run {
  Answer answer;
  kernel::ChildExit exit;
  std::string output;
};

// Sends a program whose child writes to slot 0, and waits for its end.
Run run_to_end(TestLauncher& launcher, const Program& program) {
  Pipe pipe;
  Run run;
  run.answer = launcher.run(program, {pipe.writer.get()});
  INFO(run.answer.text());
  REQUIRE(run.answer.reply.failed_step == -1);
  const auto born = launcher.told();
  CHECK(born.message.kind == KeeperMessage::Kind::born);
  CHECK(born.message.id == 77);
  CHECK(born.message.pid == run.answer.reply.pid);
  CHECK(born.message.start_time > 0);
  CHECK(born.fd.get() >= 0);
  CHECK(launcher.told().message.kind == KeeperMessage::Kind::begun);
  run.output = pipe.drain();
  run.exit = reap_pid(run.answer.reply.pid);
  return run;
}

// Host steps that mount an overlay of the host's root at `tree`, with its writable layer on a
// tmpfs of the launcher's own at `scratch`.
void add_overlay_root(Program& program, const std::string& scratch, const std::string& tree) {
  program.add(Op::make_path, {.text = tree, .value = 0700});
  program.add(Op::make_path, {.text = scratch, .value = 0700});
  program.add(Op::fs_open, {.fd = slot(10), .text = "tmpfs"});
  program.add(Op::fs_mount, {.fd = slot(10), .fd2 = slot(11)});
  program.add(Op::attach, {.fd = slot(11), .text = scratch});
  program.add(Op::make_path, {.text = scratch + "/upper", .value = 0755});
  program.add(Op::make_path, {.text = scratch + "/work", .value = 0755});
  program.add(Op::fs_open, {.fd = slot(10), .text = "overlay"});
  const auto option = [&](std::string_view key, const std::string& value) {
    program.add(Op::fs_config, {.fd = slot(10), .text = key, .text2 = value});
  };
  option("lowerdir", "/");
  option("upperdir", scratch + "/upper");
  option("workdir", scratch + "/work");
  program.add(Op::fs_mount, {.fd = slot(10), .fd2 = slot(12)});
  program.add(Op::attach, {.fd = slot(12), .text = tree});
}

void add_detaching(Program& program, const std::string& scratch, const std::string& tree) {
  program.add(Op::detach, {.text = tree, .flags = handoff::kAlways});
  program.add(Op::detach, {.text = scratch, .flags = handoff::kAlways});
}

}  // namespace

TEST_CASE("a program's child runs on an overlay root of its own, and nothing stays mounted") {
  REQUIRE(is_root());
  TemporaryDirectory directory;
  TestLauncher launcher;
  const std::string tree = directory.path + "/tree";
  const std::string scratch = directory.path + "/scratch";
  Program program;
  program.set_launch_id(77);
  program.set_fd_count(1);
  add_overlay_root(program, scratch, tree);
  program.add(Op::make_target, {.fd = slot(13), .fd2 = slot(12), .text = "proc", .value = 0});
  program.add(Op::make_target, {.fd = slot(13), .fd2 = slot(12), .text = "dev", .value = 0});
  program.add(Op::make_node, {.fd2 = slot(13),
                              .text = "null",
                              .value = S_IFCHR | 0666,
                              .value2 = makedev(1, 3),
                              .flags = handoff::kTolerateExists});
  program.add(Op::create_file,
              {.fd2 = slot(12), .text = "hello", .text2 = "from the program\n", .value = 0644});
  program.add(Op::spawn, {.value = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWUTS | CLONE_NEWIPC});
  add_detaching(program, scratch, tree);
  program.begin_child();
  program.add(Op::host_name, {.text = "inside"});
  program.add(Op::pivot, {.text = tree});
  program.add(Op::fs_open, {.fd = slot(10), .text = "proc"});
  program.add(Op::fs_mount, {.fd = slot(10), .fd2 = slot(11)});
  program.add(Op::attach, {.fd = slot(11), .text = "/proc"});
  program.add(Op::mask, {.text = "/proc/interrupts"});
  program.add(Op::mask, {.text = "/proc/fs"});
  program.add(Op::mask, {.text = "/proc/no-such-thing"});
  program.add(Op::read_only, {.text = "/proc/sys"});
  program.add(Op::duplicate, {.fd = slot(0), .fd2 = 1});
  program.add(Op::duplicate, {.fd = slot(0), .fd2 = 2});
  program.add(
      Op::execute,
      {.text = "/bin/sh",
       .text2 = words({"sh", "-c",
                       "cat /hello; hostname; echo $$; ls /proc/fs; wc -c </proc/interrupts;"
                       "wc -l </proc/self/mountinfo; "
                       "echo no >/proc/sys/kernel/hostname; exit 7"})});
  const Run run = run_to_end(launcher, program);
  INFO(run.output);
  CHECK(run.output.starts_with("from the program\ninside\n1\n0\n5\n"));
  CHECK(run.output.find("Read-only file system") != std::string::npos);
  CHECK(run.exit.code == CLD_EXITED);
  CHECK(run.exit.status == 7);
  REQUIRE(run.answer.fds.size() == 1);  // the pidfd
  CHECK(launcher.mounts().find(directory.path) == std::string::npos);
  CHECK(::access((tree + "/usr").c_str(), F_OK) != 0);
  CHECK(::access("/hello", F_OK) != 0);
}

TEST_CASE("a payload has 0, 1 and 2 alone, whatever the launcher has open") {
  TestLauncher launcher;
  const unique_fd stray(::open("/", O_PATH));  // not close-on-exec
  const Program program = shell("readlink /proc/self/fd/0 /proc/self/fd/2; exec ls /proc/self/fd");
  // 3 is what ls itself reads the directory with.
  CHECK(run_to_end(launcher, program).output == "/dev/null\n/dev/null\n0\n1\n2\n3\n");
}

TEST_CASE("a failing step of the child is reported by its index, and the clean-up is run") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  const std::string tree = directory.path + "/tree";
  const std::string scratch = directory.path + "/scratch";
  Program program;
  add_overlay_root(program, scratch, tree);
  program.add(Op::spawn, {.value = CLONE_NEWNS});
  program.add(Op::make_dir, {.text = directory.path + "/not-reached", .value = 0755});
  add_detaching(program, scratch, tree);
  program.begin_child();
  program.add(Op::pivot, {.text = tree});
  const auto failing = static_cast<int>(program.steps().size());
  program.add(Op::work_dir, {.text = "/no/such/directory"});
  program.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  const Answer answer = launcher.run(program);
  CHECK(answer.reply.failed_step == failing);
  CHECK(answer.reply.error == ENOENT);
  CHECK(answer.fds.empty());
  CHECK(::access((directory.path + "/not-reached").c_str(), F_OK) != 0);
  CHECK(launcher.mounts().find(directory.path) == std::string::npos);
  CHECK(reap_pid(launcher.told().message.pid).code == CLD_EXITED);
}

TEST_CASE("the kernel's own words about a refused mount come along") {
  TestLauncher launcher;
  Program program;
  program.add(Op::fs_open, {.fd = slot(10), .text = "tmpfs"});
  program.add(Op::fs_config, {.fd = slot(10), .text = "no_such_option", .text2 = "1"});
  const Answer answer = launcher.run(program);
  CHECK(answer.reply.failed_step == 1);
  CHECK(answer.reply.error == EINVAL);
  CHECK(answer.detail().find("no_such_option") != std::string::npos);
}

TEST_CASE("a program that cannot be executed is the last step's failure") {
  TestLauncher launcher;
  Program program;
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::execute,
              {.text = words({"/no/such/program", "/etc/passwd"}), .text2 = "program"});
  const Answer answer = launcher.run(program);
  CHECK(answer.reply.failed_step == 1);
  CHECK(answer.reply.error == EACCES);  // which says more than ENOENT
  reap_pid(launcher.told().message.pid);
}

TEST_CASE("a child that is killed while it is set up is a failure, at the step it had come to") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  const std::string fifo = directory.path + "/fifo";
  Program program;
  program.add(Op::make_fifo, {.text = fifo, .value = 0600});
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::set_umask, {.value = 022});
  program.add(Op::open_path, {.fd = slot(1), .text = fifo, .value = O_RDONLY});  // never opens
  program.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  launcher.send(program);
  const pid_t child = launcher.told().message.pid;
  ::kill(child, SIGKILL);  // ours, and not reaped: the number is its own
  const Answer answer = launcher.receive();
  CHECK(answer.reply.error == ECHILD);
  CHECK(answer.reply.failed_step >= 1);
  CHECK(answer.detail().find("killed") != std::string::npos);
  CHECK(reap_pid(child).status == SIGKILL);
}

TEST_CASE("a child whose launcher dies ends instead of executing") {
  TemporaryDirectory directory;
  const std::string fifo = directory.path + "/fifo";
  const std::string reached = directory.path + "/reached";
  const std::string mark = directory.path + "/mark";
  TestLauncher launcher;
  Program program;
  program.add(Op::make_fifo, {.text = reached, .value = 0600});
  program.add(Op::make_fifo, {.text = fifo, .value = 0600});
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::open_path, {.fd = slot(1), .text = reached, .value = O_RDONLY});
  program.add(Op::open_path, {.fd = slot(1), .text = fifo, .value = O_RDONLY});
  program.add(Op::execute, {.text = "/bin/sh", .text2 = words({"sh", "-c", "touch " + mark})});
  launcher.send(program);
  const pid_t child = launcher.told().message.pid;
  // The open returns when the child has come to the other end.
  const unique_fd met(::open(reached.c_str(), O_WRONLY | O_CLOEXEC));
  launcher.kill();
  const unique_fd go(::open(fifo.c_str(), O_WRONLY | O_CLOEXEC));
  const kernel::ChildExit exit = reap_pid(child);
  CHECK(exit.code == CLD_EXITED);
  CHECK(exit.status == 127);
  CHECK(::access(mark.c_str(), F_OK) != 0);
}

TEST_CASE("descriptors are held by the keeper and given to the worker as they were") {
  TemporaryDirectory directory;
  TestLauncher launcher;
  Program program;
  program.set_launch_id(5);
  const auto open_new = [&](const std::string& name) {
    program.add(Op::open_path,
                {.fd = slot(3), .text = directory.path + "/" + name, .value = O_RDWR | O_CREAT});
  };
  open_new("one");
  program.add(Op::give, {.fd = slot(3)});
  program.add(Op::hold,
              {.fd = slot(3), .value = static_cast<std::uint64_t>(handoff::HeldKind::log_stdout)});
  open_new("two");  // in the same slot
  program.add(Op::give, {.fd = slot(3)});
  const Answer answer = launcher.run(program);
  REQUIRE(answer.fds.size() == 2);
  CHECK(answer.reply.pid == 0);
  const auto name_of_fd = [](int fd) {
    char target[256] = {};
    std::ignore = ::readlink(("/proc/self/fd/" + std::to_string(fd)).c_str(), target, 255);
    return std::string(target);
  };
  CHECK(name_of_fd(answer.fds[0].get()) == directory.path + "/one");
  CHECK(name_of_fd(answer.fds[1].get()) == directory.path + "/two");
  const auto held = launcher.told();
  CHECK(held.message.kind == KeeperMessage::Kind::hold);
  CHECK(held.message.id == 5);
  CHECK(held.message.held == handoff::HeldKind::log_stdout);
  CHECK(name_of_fd(held.fd.get()) == directory.path + "/one");
  // All of it is closed between two programs.
  Program again;
  again.add(Op::give, {.fd = slot(3)});
  CHECK(launcher.run(again).reply.error == EBADF);
}

TEST_CASE("a malformed program is an answer, not the launcher's end") {
  TestLauncher launcher;
  Program fine;
  fine.add(Op::make_path, {.text = "/tmp", .value = 0755});
  const std::string good = fine.serialize();
  const auto refused = [&](std::string bytes, bool sealed = true) {
    const unique_fd memfd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
    REQUIRE(::write(memfd.get(), bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
    if (sealed) ::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW);
    launcher.send_memfd(memfd.get(), bytes.size());
    const Answer answer = launcher.receive();
    return answer.reply.failed_step >= 0 && answer.reply.error == EBADMSG;
  };
  const auto with = [&](std::size_t at, std::uint32_t value) {
    std::string bytes = good;
    std::memcpy(bytes.data() + at, &value, sizeof(value));
    return bytes;
  };
  const std::size_t step = sizeof(handoff::ProgramHeader);
  CHECK(refused(""));
  CHECK(refused("short"));
  CHECK(refused(good.substr(0, good.size() - 1)));
  CHECK(refused(good + "x"));
  CHECK(refused(good, false));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, magic), 1)));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, version), 99)));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, step_count), 0xffffffff)));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, child_begin), 0)));  // a child, no spawn
  CHECK(refused(with(offsetof(handoff::ProgramHeader, child_begin), 9)));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, arena_size), 0)));
  CHECK(refused(with(offsetof(handoff::ProgramHeader, fd_count), 3)));
  CHECK(refused(with(step + offsetof(handoff::Step, op), 0x7fff)));
  CHECK(refused(with(step + offsetof(handoff::Step, text), 0xfffffff0)));
  CHECK(refused(with(step + offsetof(handoff::Step, fd2), 3)));
  Program relative;
  relative.add(Op::make_path, {.text = "tmp", .value = 0755});
  CHECK(refused(relative.serialize()));
  Program out_of_place;
  out_of_place.add(Op::pivot, {.text = "/"});
  CHECK(refused(out_of_place.serialize()));
  CHECK(launcher.run(fine).reply.failed_step == -1);
}

TEST_CASE("a working directory outside of the root is refused") {
  TestLauncher launcher;
  TemporaryDirectory directory;
  Program program;
  program.set_fd_count(1);
  program.add(Op::spawn, {.value = CLONE_NEWNS});
  program.begin_child();
  program.add(Op::work_dir, {.text = "/proc/self/fd/" + std::to_string(slot(0))});
  program.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  const unique_fd root(::open("/", O_PATH | O_DIRECTORY | O_CLOEXEC));
  const Answer answer = launcher.run(program, {root.get()});
  CHECK(answer.reply.failed_step == 1);
  CHECK(answer.reply.error == ELOOP);  // a magic link
  reap_pid(launcher.told().message.pid);
}

TEST_CASE("user, groups, capabilities, HOME and limits are what the program says") {
  TestLauncher launcher;
  Program program;
  program.set_launch_id(77);
  program.set_fd_count(1);
  program.set_environment("PATH=/usr/bin:/bin");
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::set_rlimit, {.fd = RLIMIT_NOFILE, .value = 20, .value2 = 30});
  program.add(Op::new_session, {});
  program.add(Op::find_user, {.text = "65534:12"});
  program.add(Op::own, {.fd = slot(0)});
  program.add(Op::duplicate, {.fd = slot(0), .fd2 = 1});
  program.add(Op::bound_caps, {.value = 0x400});
  program.add(Op::set_user, {});
  program.add(Op::set_caps, {.value = 0x400, .value2 = 0x400});
  program.add(Op::no_new_privs, {});
  program.add(Op::execute, {.text = "/bin/sh",
                            .text2 = words({"sh", "-c",
                                            "grep -E '^(Uid|Gid|Groups|Cap|NoNew)' "
                                            "/proc/self/status; ulimit -Sn; ulimit -Hn; echo "
                                            "$HOME"})});
  const Run run = run_to_end(launcher, program);
  CHECK(run.output ==
        "Uid:\t65534\t65534\t65534\t65534\nGid:\t12\t12\t12\t12\nGroups:\t \n"
        "CapInh:\t0000000000000400\nCapPrm:\t0000000000000400\nCapEff:\t0000000000000400\n"
        "CapBnd:\t0000000000000400\nCapAmb:\t0000000000000400\nNoNewPrivs:\t1\n"
        "20\n30\n/nonexistent\n");
}

TEST_CASE("signals that the launcher ignores are a payload's as usual") {
  TestLauncher launcher;
  Program program = shell("grep -E '^Sig(Ign|Blk)' /proc/self/status");
  CHECK(run_to_end(launcher, program).output ==
        "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST_CASE("a process joins a running container: its pid namespace by birth, the others by setns") {
  TestLauncher launcher;
  Program container;
  container.add(Op::spawn, {.value = CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS});
  container.begin_child();
  container.add(Op::host_name, {.text = "joined"});
  container.add(Op::execute, {.text = "/bin/sleep", .text2 = words({"sleep", "1000"})});
  const Answer first = launcher.run(container);
  REQUIRE(first.reply.failed_step == -1);
  CHECK(launcher.told().message.kind == KeeperMessage::Kind::born);
  CHECK(launcher.told().message.kind == KeeperMessage::Kind::begun);
  const unique_fd& pidfd = first.fds[0];

  Pipe pipe;
  Program joining;
  joining.set_launch_id(77);
  joining.set_fd_count(2);
  joining.add(Op::set_ns, {.fd = slot(1), .value = CLONE_NEWPID});
  joining.add(Op::spawn, {});
  joining.add(Op::set_ns, {.value = CLONE_NEWPID, .flags = handoff::kAlways});
  joining.begin_child();
  joining.add(Op::set_ns, {.fd = slot(1), .value = CLONE_NEWNS | CLONE_NEWUTS});
  joining.add(Op::duplicate, {.fd = slot(0), .fd2 = 1});
  joining.add(Op::execute, {.text = "/bin/sh", .text2 = words({"sh", "-c", "echo $$; hostname"})});
  const Answer second = launcher.run(joining, {pipe.writer.get(), pidfd.get()});
  INFO(second.text());
  REQUIRE(second.reply.failed_step == -1);
  CHECK(launcher.told().message.pid == second.reply.pid);
  CHECK(launcher.told().message.kind == KeeperMessage::Kind::begun);
  CHECK(pipe.drain() == "2\njoined\n");
  reap_pid(second.reply.pid);
  CHECK(kernel::send_signal(pidfd.get(), SIGKILL).has_value());
  CHECK(kernel::reap(pidfd.get()).has_value());
  // The launcher is back where it was: its next child is no container's.
  const Run after = run_to_end(launcher, shell("echo $$"));
  CHECK(after.output == std::to_string(after.answer.reply.pid) + "\n");
}

TEST_CASE("a launcher ends with its keeper, and with its worker") {
  TestLauncher launcher;
  CHECK(launcher.run(Program()).reply.failed_step == -1);  // it is up
  launcher.let_go_of_keeper();
  CHECK(WIFEXITED(launcher.wait()));
}
