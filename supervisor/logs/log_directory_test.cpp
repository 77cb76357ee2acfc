#include "supervisor/logs/log_directory.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;
namespace fs = std::filesystem;

namespace {

mode_t mode_of(const std::string& path) {
  struct stat status{};
  ::lstat(path.c_str(), &status);
  return status.st_mode & 07777;
}

}  // namespace

TEST_CASE("a log directory is made with its parents and is private") {
  TempDir temp;
  const std::string path = temp / "var/log/berth/web";
  const auto directory = open_log_directory(path);
  REQUIRE(directory);
  CHECK((mode_of(path) & 0027) == 0);
  CHECK((mode_of(temp / "var/log/berth") & 0027) == 0);
  const auto file = open_log_file(directory->get(), "web.log");
  REQUIRE(file);
  CHECK(mode_of(path + "/web.log") == 0640);
}

TEST_CASE("a log directory that others may write to is closed to them") {
  TempDir temp;
  const std::string path = temp / "berth/web";
  fs::create_directories(path);
  ::chmod(path.c_str(), 0777);
  REQUIRE(open_log_directory(path));
  CHECK(mode_of(path) == 0750);
}

TEST_CASE("a log directory that is a link is refused") {
  TempDir temp;
  fs::create_directories(temp / "elsewhere/web");
  fs::create_directory(temp / "berth");
  fs::create_directory_symlink(temp / "elsewhere/web", temp / "berth/web");
  CHECK_FALSE(open_log_directory(temp / "berth/web"));

  fs::create_directory_symlink(temp / "elsewhere", temp / "linked");
  CHECK_FALSE(open_log_directory(temp / "linked/web"));
}

TEST_CASE("a log directory of another user is refused") {
  TempDir temp;
  fs::create_directories(temp / "berth/web");
  if (::geteuid() != 0 || ::chown((temp / "berth/web").c_str(), 65534, 65534) < 0) {
    MESSAGE("skipped: needs root");
    return;
  }
  const auto opened = open_log_directory(temp / "berth/web");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().what.ends_with("directory web belongs to another user"));
}

TEST_CASE("what stands in a log file's place is removed, and what it leads to is untouched") {
  TempDir temp;
  const auto directory = open_log_directory(temp / "berth/web");
  REQUIRE(directory);
  const std::string name = temp / "berth/web/web.log";
  put_text(temp / "canary", "as before");
  SUBCASE("a symbolic link") { fs::create_symlink(temp / "canary", name); }
  SUBCASE("a hard link") { fs::create_hard_link(temp / "canary", name); }
  SUBCASE("a FIFO") { REQUIRE(::mkfifo(name.c_str(), 0600) == 0); }
  SUBCASE("a link to nowhere") { fs::create_symlink(temp / "nowhere", name); }
  const auto file = open_log_file(directory->get(), "web.log");
  REQUIRE(file);
  CHECK(file->size == 0);
  CHECK(::write(file->fd.get(), "x\n", 2) == 2);
  CHECK(text_of(temp / "canary") == "as before");
  CHECK_FALSE(fs::exists(temp / "nowhere"));
  CHECK(fs::is_regular_file(fs::symlink_status(name)));
  CHECK(text_of(name) == "x\n");
}
