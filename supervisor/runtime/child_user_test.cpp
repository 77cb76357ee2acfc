#include "supervisor/runtime/child_user.h"

#include <memory>
#include <string>

#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/runtime/launcher_harness.h"

using namespace berth;
using namespace berth::runtime;
using berth::runtime::testing::TemporaryDirectory;

namespace {

struct Files {
  TemporaryDirectory directory;
  std::unique_ptr<FoundUser> user = std::make_unique<FoundUser>();

  Files() {
    write("passwd",
          "root:x:0:0:root:/root:/bin/sh\n"
          "broken line\n"
          "redis:x:101:102:redis server:/var/lib/redis:/bin/false\n"
          "huge:x:4294967296:0::/:/bin/sh\n"
          "last:x:4294967295:0::/:/bin/sh\n"
          "nine:x:9:9::/nine:/bin/sh");
    write("group",
          "root:x:0:\nstaff:x:50:alice,redis\nredis:x:102:\nextra:x:60:redis\nfar:x:-1:\n"
          "rediska:x:70:rediska,notredis\n");
  }
  void write(const std::string& name, const std::string& content) const {
    std::ofstream(directory.path + "/" + name) << content;
  }
  [[nodiscard]] int find(std::string_view who) const {
    return find_user(who, AT_FDCWD, (directory.path + "/passwd").c_str(),
                     (directory.path + "/group").c_str(), *user);
  }
};

}  // namespace

TEST_CASE("a user's name gives ids, home and supplementary groups") {
  const Files files;
  REQUIRE(files.find("redis") == 0);
  CHECK(files.user->uid == 101);
  CHECK(files.user->gid == 102);
  CHECK(std::string(files.user->home) == "/var/lib/redis");
  REQUIRE(files.user->group_count == 2);
  CHECK(files.user->groups[0] == 50);
  CHECK(files.user->groups[1] == 60);
}

TEST_CASE("a given group stands alone") {
  const Files files;
  REQUIRE(files.find("redis:staff") == 0);
  CHECK(files.user->gid == 50);
  CHECK(files.user->group_count == 0);
  REQUIRE(files.find("1000:7") == 0);
  CHECK(files.user->uid == 1000);
  CHECK(files.user->gid == 7);
}

TEST_CASE("no user is root, and a last line needs no newline") {
  const Files files;
  REQUIRE(files.find("") == 0);
  CHECK(files.user->uid == 0);
  CHECK(std::string(files.user->home) == "/root");
  REQUIRE(files.find("nine") == 0);
  CHECK(std::string(files.user->home) == "/nine");
}

TEST_CASE("what cannot be a user is refused, and never root") {
  const Files files;
  CHECK(files.find("nobody-here") == ENOENT);
  CHECK(files.find("redis:nobody-here") == ENOENT);
  CHECK(files.find("huge") == ERANGE);
  CHECK(files.find("last") == ERANGE);
  CHECK(files.find("redis:far") == ERANGE);
  for (const char* who : {"4294967295", "4294967296", "18446744073709551616", "1:4294967295"}) {
    CHECK(files.find(who) == ERANGE);
  }
  CHECK(files.find("redis:") == EINVAL);
  CHECK(files.find("-1") == ENOENT);
  CHECK(files.find("1000x") == ENOENT);
  CHECK(files.find("broken line") == ENOENT);
}

TEST_CASE("a number needs no file, and a FIFO or a link is no file") {
  const Files files;
  const std::string passwd = files.directory.path + "/passwd";
  REQUIRE(::unlink(passwd.c_str()) == 0);
  REQUIRE(files.find("101") == 0);
  CHECK(files.user->uid == 101);
  CHECK(files.user->gid == 0);
  CHECK(files.find("redis") == ENOENT);
  REQUIRE(::mkfifo(passwd.c_str(), 0600) == 0);
  CHECK(files.find("redis") == EINVAL);  // and does not wait for a writer
  CHECK(files.find("101") == 0);
  ::unlink(passwd.c_str());
  REQUIRE(::symlink("/etc/passwd", passwd.c_str()) == 0);
  CHECK(files.find("root") == EINVAL);
}

TEST_CASE("a directory may be a link, but not one of /proc's out of the container") {
  const Files files;
  const std::string& directory = files.directory.path;
  const auto find_below = [&](const char* name) {
    return find_user("redis", AT_FDCWD, (directory + "/" + name + "/passwd").c_str(),
                     (directory + "/" + name + "/group").c_str(), *files.user);
  };
  REQUIRE(::symlink(directory.c_str(), (directory + "/plain").c_str()) == 0);
  CHECK(find_below("plain") == 0);
  REQUIRE(::symlink(("/proc/self/root" + directory).c_str(), (directory + "/magic").c_str()) == 0);
  CHECK(find_below("magic") == EINVAL);
}

TEST_CASE("an endless line is refused") {
  const Files files;
  files.write("passwd", std::string(100'000, 'x'));
  CHECK(files.find("redis") == EOVERFLOW);
}
