#include "supervisor/runtime/seccomp_profile.h"

#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <linux/filter.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/kernel/raw.h"

namespace berth::runtime {
namespace {

std::string error_of(std::string_view json) {
  const auto filter = compile_seccomp_profile(json);
  return filter ? "no error" : filter.error().message();
}

// The errno that a system call gets in a child with this filter; -1: it was killed.
int errno_under(const std::string& filter, long call, long argument = 0) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    const auto count = static_cast<std::uint16_t>(filter.size() / sizeof(sock_filter));
    if (kernel::raw::seccomp_filter(filter.data(), count) < 0) ::_exit(200);
    errno = 0;
    ::syscall(call, argument, 0, 0, 0, 0);
    // Not _exit: with a sanitizer it does more than the filter may allow.
    ::syscall(SYS_exit_group, errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST_CASE("a profile's rules hold, with their answers and conditions") {
  const auto filter = compile_seccomp_profile(R"({
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [
      { "names": ["getppid", "no_such_call"], "action": "SCMP_ACT_ERRNO", "errnoRet": 33 },
      { "names": ["umask"], "action": "SCMP_ACT_ERRNO",
        "args": [{ "index": 0, "value": 7, "op": "SCMP_CMP_EQ" }] },
      { "names": ["getpgrp"], "action": "SCMP_ACT_KILL_PROCESS" }
    ]
  })");
  REQUIRE_MESSAGE(filter, filter.error().message());
  CHECK(errno_under(*filter, SYS_getppid) == 33);
  CHECK(errno_under(*filter, SYS_umask, 7) == EPERM);
  CHECK(errno_under(*filter, SYS_umask, 8) == 0);
  CHECK(errno_under(*filter, SYS_getpgrp) == -1);
  CHECK(errno_under(*filter, SYS_getuid) == 0);
}

TEST_CASE("with an errno as default, calls that nobody knows yet do not exist") {
  const auto filter = compile_seccomp_profile(R"({
    "defaultAction": "SCMP_ACT_ERRNO",
    "architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
    "syscalls": [{ "names": ["exit_group"], "action": "SCMP_ACT_ALLOW" }]
  })");
  REQUIRE_MESSAGE(filter, filter.error().message());
  CHECK(errno_under(*filter, SYS_getppid) == EPERM);
  CHECK(errno_under(*filter, 999) == ENOSYS);
}

TEST_CASE("conditions on one argument mean or") {
  const auto filter = compile_seccomp_profile(R"({
    "defaultAction": "SCMP_ACT_ALLOW",
    "syscalls": [{ "names": ["umask"], "action": "SCMP_ACT_ERRNO",
        "args": [{ "index": 0, "value": 7, "op": "SCMP_CMP_EQ" },
                 { "index": 0, "value": 9, "op": "SCMP_CMP_EQ" }] }]
  })");
  REQUIRE(filter);
  CHECK(errno_under(*filter, SYS_umask, 7) == EPERM);
  CHECK(errno_under(*filter, SYS_umask, 9) == EPERM);
  CHECK(errno_under(*filter, SYS_umask, 8) == 0);
}

TEST_CASE("what is wrong in a profile is told with its place") {
  CHECK(error_of("{").starts_with("no JSON: "));
  CHECK(error_of("[]") == "must be an object");
  CHECK(error_of("{}") == "there is no defaultAction");
  CHECK(error_of(R"({"defaultAction": "SCMP_ACT_NOTIFY"})") ==
        "\"SCMP_ACT_NOTIFY\" is no action that berth can give");
  const auto with_rule = [](const std::string& rule) {
    return error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "syscalls": [)" + rule + "]}");
  };
  CHECK(with_rule(R"({"names": ["umask"], "action": "DENY"})") ==
        "syscalls[0]: \"DENY\" is no action that berth can give");
  CHECK(with_rule(R"({"names": [], "action": "SCMP_ACT_KILL"})") ==
        "syscalls[0]: there are no names");
  CHECK(with_rule(R"({"names": ["umask"], "action": "SCMP_ACT_KILL", "includes": {}})") ==
        "syscalls[0]: \"includes\" is no key of the OCI format");
  CHECK(with_rule(R"({"names": ["umask"], "action": "SCMP_ACT_KILL",
                      "args": [{"index": 6, "value": 1, "op": "SCMP_CMP_EQ"}]})") ==
        "syscalls[0]: args[0]: index must be 0 to 5");
  CHECK(error_of(R"({"defaultAction": "SCMP_ACT_ALLOW", "architectures": ["SCMP_ARCH_PDP11"]})") ==
        "architectures: \"SCMP_ARCH_PDP11\" is none");
  CHECK(error_of(std::string(100000, '[')).starts_with("no JSON: "));
}

TEST_CASE("a profile counts only as a regular file that root alone can write") {
  const auto directory =
      std::filesystem::temp_directory_path() / ("berth-profile-" + std::to_string(::getpid()));
  std::filesystem::create_directories(directory);
  const std::string path = directory / "profile.json";
  std::ofstream(path) << R"({"defaultAction": "SCMP_ACT_ALLOW"})";
  const auto error = [](const std::string& file) {
    const auto loaded = load_seccomp_profile(file);
    return loaded ? std::string("no error") : loaded.error().message();
  };
  ::chmod(path.c_str(), 0644);
  if (::geteuid() == 0) CHECK(error(path) == "no error");
  ::chmod(path.c_str(), 0666);
  CHECK(error(path) == "the profile is not taken: it can be written by others than root");
  ::chmod(path.c_str(), 0644);
  for (const mode_t open_to_others : {0777, 0775}) {
    ::chmod(directory.c_str(), open_to_others);
    CHECK(error(path) ==
          "the profile is not taken: a directory above it can be written by others than root");
  }
  ::chmod(directory.c_str(), 0755);
  std::filesystem::create_symlink(path, directory / "link.json");
  if (::geteuid() == 0) {
    CHECK(error(directory / "link.json") == "no error");
    REQUIRE(::lchown((directory / "link.json").c_str(), 1000, 1000) == 0);
    CHECK(error(directory / "link.json").find("symlink") != std::string::npos);
  }
  const std::string fifo = directory / "fifo";
  ::mkfifo(fifo.c_str(), 0600);
  CHECK(error(fifo) == "the profile is not taken: it is not a regular file");
  CHECK(error(directory / "missing").find("cannot be opened") != std::string::npos);
  std::filesystem::remove_all(directory);
}

}  // namespace
}  // namespace berth::runtime
