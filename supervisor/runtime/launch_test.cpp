// Containers that really run: programs of compile_launch and its siblings, carried out by a real
// launcher on the running kernel. As root only; each test has a cgroup parent, directories and
// namespaces of its own and leaves nothing behind.
#include "supervisor/runtime/launch_testing.h"

namespace berth::runtime::testing {
namespace {

TEST_CASE("a container runs to its end, and its exit code is known" * doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("");
  spec.command = {"true"};
  CHECK(host.run(spec).exit.status == 0);
  const Finished finished = host.run(host.container("echo out; echo wrong >&2; exit 3"));
  CHECK(finished.exit.code == CLD_EXITED);
  CHECK(finished.exit.status == 3);
  CHECK(finished.output == "out\nwrong\n");
}

TEST_CASE("root inside has the short list of capabilities, a filter, and no way to more" *
          doctest::skip(!is_root())) {
  Host host;
  const std::string status = host.output("cat /proc/self/status");
  CHECK(field(status, "CapEff") == "00000000800405fb");
  CHECK(field(status, "CapPrm") == "00000000800405fb");
  CHECK(field(status, "CapBnd") == "00000000800405fb");
  CHECK(field(status, "CapInh") == "0000000000000000");
  CHECK(field(status, "CapAmb") == "0000000000000000");
  CHECK(field(status, "NoNewPrivs") == "1");
  CHECK(field(status, "Seccomp") == "2");
}

TEST_CASE("another user has no capability but what was added" * doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("id -u; id -g; cat /proc/self/status");
  spec.user = "nobody";
  spec.security.cap_add = {"net_raw"};
  const std::string output = host.run(spec).output;
  CHECK(output.starts_with("65534\n65534\n"));
  CHECK(field(output, "CapEff") == "0000000000002000");
  CHECK(field(output, "CapAmb") == "0000000000002000");
}

TEST_CASE("without no_new_privs the filter is there all the same" * doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("cat /proc/self/status");
  spec.security.no_new_privs = false;
  std::string status = host.run(spec).output;
  CHECK(field(status, "NoNewPrivs") == "0");
  CHECK(field(status, "Seccomp") == "2");
  spec.security.seccomp = "unconfined";
  CHECK(field(host.run(spec).output, "Seccomp") == "0");
}

TEST_CASE("it sees its own processes, name, devices, and no descriptor of ours" *
          doctest::skip(!is_root())) {
  Host host;
  const std::string output = host.output(
      "hostname; echo $$; ls /dev | tr '\\n' ' '; ls -l /proc/self/fd | wc -l; cat /proc/1/cgroup;"
      "cat /etc/hosts /etc/hostname /etc/resolv.conf; ls -ld /dev/shm /tmp; readlink /dev/ptmx;"
      "echo x > /dev/null && echo written; stat -c %t:%T:%a /dev/null; pwd; echo $container "
      "$HOSTNAME");
  CHECK(output.starts_with(
      "web\n1\n"
      "fd full mqueue null ptmx pts random shm stderr stdin stdout tty urandom zero "));
  CHECK(contains(output, "5\n"));  // a heading, 0, 1, 2, and the directory itself
  CHECK(contains(output, "0::/\n"));
  CHECK(!contains(output, "c-web"));
  CHECK(contains(output, "10.0.0.1 peer\nweb\nnameserver 10.0.0.53\n"));
  CHECK(contains(output, "drwxrwxrwt"));
  CHECK(contains(output, "pts/ptmx\nwritten\n1:3:666\n/\nberth web\n"));
}

TEST_CASE("what would tell of the host, or change it, is hidden or read-only" *
          doctest::skip(!is_root())) {
  Host host;
  const std::string output = host.output(
      "cat /proc/kcore /proc/keys /proc/interrupts | wc -c; ls /sys/firmware | wc -l;"
      "echo x > /proc/mtrr; echo x > /proc/sys/kernel/core_pattern;"
      "mkdir /sys/fs/cgroup/x; touch /sys/x; echo $?; touch /usr/here /here && echo mine");
  INFO(output);
  CHECK(output.starts_with("0\n0\n"));
  CHECK(contains(output, "/proc/mtrr: Read-only file system"));
  CHECK(contains(output, "core_pattern: Read-only file system"));
  CHECK(contains(output, "1\nmine\n"));
  CHECK(!fs::exists("/usr/here"));
}

TEST_CASE("the kernel refuses what the filter refuses" * doctest::skip(!is_root())) {
  Host host;
  // Numbers of x86-64: unshare, keyctl, mount, clone3, clone into a user namespace, and a number
  // that no kernel knows yet; the answers are errnos.
  const std::string output = host.output(
      "perl -e 'sub c { my $r = syscall(shift, @_, 0, 0, 0, 0); print $r < 0 ? $!+0 : \"done\", \" "
      "\" }"
      "c(272, 0x10000000); c(250, 0, -3); c(165, 0); c(435, 0); c(56, 0x10000011); c(900, 0);"
      "c(39);'");
  CHECK(output.starts_with("1 1 1 38 1 38 "));
}

#if defined(__x86_64__)
// A program of a few instructions, without any library: makes one call by another way in than
// x86-64's own, and exits with its errno.
std::string tiny_program(const std::string& code) {
  Elf64_Ehdr header{};
  std::memcpy(header.e_ident, ELFMAG, SELFMAG);
  header.e_ident[EI_CLASS] = ELFCLASS64;
  header.e_ident[EI_DATA] = ELFDATA2LSB;
  header.e_ident[EI_VERSION] = EV_CURRENT;
  header.e_type = ET_EXEC;
  header.e_machine = EM_X86_64;
  header.e_version = EV_CURRENT;
  header.e_phoff = sizeof header;
  header.e_ehsize = sizeof header;
  header.e_phentsize = sizeof(Elf64_Phdr);
  header.e_phnum = 1;
  constexpr std::uint64_t kBase = 0x400000;
  header.e_entry = kBase + sizeof(Elf64_Ehdr) + sizeof(Elf64_Phdr);
  Elf64_Phdr segment{};
  segment.p_type = PT_LOAD;
  segment.p_flags = PF_R | PF_X;
  segment.p_vaddr = kBase;
  segment.p_filesz = segment.p_memsz = sizeof header + sizeof segment + code.size();
  segment.p_align = 0x1000;
  std::string out(reinterpret_cast<const char*>(&header), sizeof header);
  out.append(reinterpret_cast<const char*>(&segment), sizeof segment);
  return out + code;
}

TEST_CASE("the filter holds for i386 and x32 calls, too" * doctest::skip(!is_root())) {
  using namespace std::string_literals;
  // neg eax; mov edi, eax; mov eax, 231 (exit_group); syscall
  const std::string leave = "\xf7\xd8\x89\xc7\xb8\xe7\x00\x00\x00\x0f\x05"s;
  // mov eax, 310 (i386's unshare); mov ebx, CLONE_NEWUSER; int 0x80
  const std::string i386 = "\xb8\x36\x01\x00\x00\xbb\x00\x00\x00\x10\xcd\x80"s;
  // mov eax, 272 + x32's bit; mov edi, CLONE_NEWUSER; syscall
  const std::string x32 = "\xb8\x10\x01\x00\x40\xbf\x00\x00\x00\x10\x0f\x05"s;
  Host host;
  for (const std::string& call : {i386, x32}) {
    const std::string file = host.directory.path + "/tiny";
    write_to(file, tiny_program(call + leave));
    ::chmod(file.c_str(), 0755);
    ContainerSpec spec = host.container("");
    spec.command = {"/tiny"};
    spec.mounts = {MountSpec{MountType::bind, file, "/tiny", true, {}}};
    const Finished finished = host.run(spec);
    CHECK(finished.exit.code == CLD_EXITED);
    CHECK(finished.exit.status == EPERM);
  }
}
#endif

TEST_CASE("binds and tmpfs are there as written, and a writable layer lasts over a restart" *
          doctest::skip(!is_root())) {
  Host host;
  fs::create_directories(host.directory.path + "/source/sub");
  write_to(host.directory.path + "/source/file", "content\n");
  ContainerSpec spec = host.container(
      "cat /data/file /one; touch /data/x; touch /data/cache/y && echo y;"
      "grep ' /data ' /proc/self/mountinfo; df -k /data/cache | tail -1; echo kept > /root/kept");
  spec.mounts = {
      MountSpec{MountType::tmpfs, "", "/data/cache", false, Bytes{1u << 20}},
      MountSpec{MountType::bind, host.directory.path + "/source", "/data", true, {}},
      MountSpec{MountType::bind, host.directory.path + "/source/file", "/one", false, {}}};
  fs::create_directories(host.directory.path + "/source/cache");
  const std::string output = host.run(spec).output;
  CHECK(output.starts_with("content\ncontent\n"));
  CHECK(contains(output, "/data/x': Read-only file system\ny\n") == false);
  CHECK(contains(output, "'/data/x': Read-only file system"));
  CHECK(contains(output, "ro,nosuid,nodev"));
  CHECK(contains(output, " 1024 "));
  CHECK(host.output("cat /root/kept") == "kept\n");
}

TEST_CASE("limits are in force from the first instruction, and change while it runs" *
          doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("ulimit -n; echo up; exec sleep infinity");
  spec.limits.memory = Bytes{64u << 20};
  spec.limits.pids = 20;
  spec.limits.cpus = 0.5;
  spec.limits.cpuset = "0";
  spec.limits.ulimits["nofile"] = {100, 200};
  Started started = host.start(spec);
  REQUIRE_MESSAGE(started.failure.empty(), started.why());
  CHECK(started.line() == "100");
  CHECK(started.line() == "up");
  const auto writes = limit_writes(spec, host.facts).value();
  for (const CgroupWrite& write : writes) {
    CHECK_MESSAGE(content_of(write.file).starts_with(write.content), write.file);
    const std::string tasks = fs::path(write.file).parent_path().string() + "/cgroup.procs";
    CHECK_MESSAGE(contains(content_of(tasks), std::to_string(started.answer.reply.pid)), tasks);
  }
  ContainerSpec after = spec;
  after.limits.memory = Bytes{128u << 20};
  after.limits.pids.reset();
  const Answer updated = host.launcher.run(compile_update(spec, after, host.facts).value());
  CHECK_MESSAGE(updated.reply.failed_step == -1, updated.text());
  const auto changes = limit_changes(spec, after, host.facts).value();
  for (const CgroupWrite& write : changes) {
    CHECK_MESSAGE(content_of(write.file).starts_with(write.content), write.file);
  }
  CHECK(host.launcher.run(compile_kill("web", host.facts)).reply.failed_step == -1);
  const Finished finished = started.finish();
  CHECK(finished.exit.code == CLD_KILLED);
  CHECK(finished.exit.status == SIGKILL);
}

TEST_CASE("a command runs inside a running container as one of its own" *
          doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("echo up; exec sleep infinity");
  spec.hostname = "inside";
  Started started = host.start(spec);
  REQUIRE_MESSAGE(started.failure.empty(), started.why());
  CHECK(started.line() == "up");
  const std::vector<std::string> command = {
      "sh", "-c",
      "{ hostname; grep -E 'Seccomp:|NoNewPrivs|CapEff' /proc/self/status; cat /proc/self/cgroup |"
      "grep -c 'c-web'; ls /proc | grep -c '^1$'; ls /proc/self/fd | wc -l; } > /tmp/exec;"
      "stat -c %d /dev/null > /tmp/own; stat -L -c %d /proc/self/fd/0 > /tmp/in;"
      "sh -c 'stat -L -c %d /proc/self/fd/2' > /tmp/err; exit 7"};
  const auto program = compile_exec(spec, host.facts, host.filters, 6, command);
  REQUIRE(program);
  const Answer answer = host.launcher.run(*program, {started.answer.fds[0].get()});
  REQUIRE_MESSAGE(answer.reply.failed_step == -1, answer.text());
  CHECK(reap_pid(answer.reply.pid).status == 7);
  for (const auto kind :
       {handoff::KeeperMessage::Kind::born, handoff::KeeperMessage::Kind::begun}) {
    const auto told = host.launcher.told();
    CHECK(told.message.kind == kind);
    CHECK(told.message.id == 6);
  }
  // Its /dev/null is the container's: through the host's it could change the host's mode.
  struct stat null{};
  REQUIRE(::stat("/dev/null", &null) == 0);
  const std::string upper = host.paths.state_of("web") + "/upper/tmp/";
  const std::string own = content_of(upper + "own");
  CHECK(own != std::to_string(null.st_dev) + "\n");
  CHECK(content_of(upper + "in") == own);
  CHECK(content_of(upper + "err") == own);
  CHECK(content_of(upper + "exec") ==
        "inside\nCapEff:\t00000000800405fb\nNoNewPrivs:\t1\nSeccomp:\t2\n0\n1\n4\n");
  // The launcher has turned back: what it starts now is in the host's pid namespace again.
  CHECK(host.launcher.run(compile_kill("web", host.facts)).reply.failed_step == -1);
  started.finish();
  CHECK(host.output("echo $$") == "1\n");
}

TEST_CASE("a missing source fails at its key, and leaves no mount behind" *
          doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("true");
  spec.mounts = {MountSpec{MountType::bind, "/no/such/place", "/data", false, {}}};
  CHECK(host.start(spec).failure == "mounts[0].source: /no/such/place: No such file or directory");
}

TEST_CASE("a program that is not there fails at its key, and the process is gone" *
          doctest::skip(!is_root())) {
  Host host;
  ContainerSpec spec = host.container("");
  spec.command = {"no-such-program"};
  CHECK(host.start(spec).failure == "command: no-such-program: No such file or directory");
}

TEST_CASE("a link in place of /dev, /proc or /sys is refused by name, and the host is untouched" *
          doctest::skip(!is_root())) {
  for (const std::string name : {"dev", "proc", "sys"}) {
    Host host;
    const std::string root = host.directory.path + "/root";
    const std::string victim = host.directory.path + "/victim";
    fs::create_directories(root);
    fs::create_directories(victim);
    fs::create_directory_symlink(victim, root + "/" + name);
    ContainerSpec spec = host.container("true");
    spec.root_template.clear();
    spec.rootfs = root;
    CHECK(host.start(spec).failure ==
          "/" + name + " of the root file system: Too many levels of symbolic links");
    CHECK(fs::is_empty(victim));
  }
}

TEST_CASE("a mount target behind a link stays inside the root, and resolv.conf may be a link" *
          doctest::skip(!is_root())) {
  Host host;
  const std::string root = host.directory.path + "/root";
  const std::string victim = host.directory.path + "/victim";
  fs::create_directories(root + "/etc");
  fs::create_directories(root + "/usr");
  fs::create_directories(victim);
  for (const char* name : {"bin", "lib", "lib64"}) {
    fs::create_directory_symlink(std::string("usr/") + name, root + "/" + name);
  }
  fs::create_directory_symlink(victim, root + "/link");
  fs::create_symlink("../run/nowhere/resolv.conf", root + "/etc/resolv.conf");
  ContainerSpec spec = host.container("cat /etc/resolv.conf; ls -d /link/data");
  spec.root_template.clear();
  spec.rootfs = root;
  spec.mounts = {MountSpec{MountType::bind, "/usr", "/usr", true, {}},
                 MountSpec{MountType::tmpfs, "", "/link/data", false, {}}};
  const Started started = host.start(spec);
  // The link leads to a place that is not there inside: refused or made inside, never outside.
  CHECK(fs::is_empty(victim));
  CHECK(fs::is_symlink(root + "/etc/resolv.conf"));
  if (started.failure.empty()) reap_pid(started.answer.reply.pid);
}

}  // namespace
}  // namespace berth::runtime::testing
