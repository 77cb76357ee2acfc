#include "supervisor/logs/log_writer.h"

#include <doctest/doctest.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;
namespace fs = std::filesystem;

namespace {

std::string record(std::string_view text) {
  return kNowText + " stdout F " + std::string(text) + "\n";
}

struct Log {
  TempDir temp;
  std::string directory = temp / "berth/web";
  [[nodiscard]] LogWriter writer(std::uint64_t max_size, std::int64_t max_files) const {
    return LogWriter(directory, "web.log", Bytes{max_size}, max_files);
  }
  [[nodiscard]] std::string path(int number = 0) const {
    return directory + "/web.log" + (number == 0 ? "" : "." + std::to_string(number));
  }
  [[nodiscard]] std::string text(int number = 0) const { return text_of(path(number)); }
};

// The sum of what the log says was lost.
std::uint64_t reported_loss(const std::string& text) {
  std::uint64_t total = 0;
  for (const std::string& line : records_of(payload_of(text, Stream::err)))
    total += std::stoull(line.substr(8));  // after "[berth] "
  return total;
}

// Puts a link to `canary` into the place of the log's files again and again until it is killed.
pid_t start_swapping(const Log& log, const std::string& canary) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const std::string link = log.directory + "/link";
  while (::getppid() != 1) {
    for (int number = 0; number < 2; ++number) {
      if (::symlink(canary.c_str(), link.c_str()) < 0 && errno != EEXIST) ::_exit(1);
      if (::rename(link.c_str(), log.path(number).c_str()) < 0) ::_exit(1);
    }
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("records are appended, also after a restart") {
  Log log;
  log.writer(1000, 2).write(record("one"), kNow);
  log.writer(1000, 2).write(record("two"), kNow);
  CHECK(log.text() == record("one") + record("two"));
}

TEST_CASE("a full file is rotated between two records, within one write too") {
  Log log;
  LogWriter writer = log.writer(100, 3);  // two records of 44 bytes each
  writer.write(record("111") + record("222") + record("333") + record("444") + record("555"), kNow);
  CHECK(log.text(2) == record("111") + record("222"));
  CHECK(log.text(1) == record("333") + record("444"));
  CHECK(log.text() == record("555"));
  writer.write(record("666"), kNow);
  writer.write(record("777"), kNow);
  CHECK(log.text(2) == record("333") + record("444"));
  CHECK(log.text(1) == record("555") + record("666"));
  CHECK(log.text() == record("777"));
  CHECK_FALSE(fs::exists(log.path(3)));
  CHECK_FALSE(writer.trouble());
}

TEST_CASE("a record larger than a file may be has a file of its own") {
  Log log;
  LogWriter writer = log.writer(60, 3);
  const std::string large = record(std::string(100, 'x'));
  writer.write(record("1") + large + record("2"), kNow);
  CHECK(log.text(2) == record("1"));
  CHECK(log.text(1) == large);
  CHECK(log.text() == record("2"));
}

TEST_CASE("half a record left by a power failure does not swallow the next one") {
  Log log;
  log.writer(1000, 2).write(record("one"), kNow);
  put_text(log.path(), record("one") + "2016-10-06T00:1");
  log.writer(1000, 2).write(record("two"), kNow);
  CHECK(log.text() == record("one") + "2016-10-06T00:1\n" + record("two"));
}

TEST_CASE("smaller limits take effect on what is there") {
  Log log;
  LogWriter writer = log.writer(50, 4);
  for (const char* text : {"1", "2", "3", "4"}) writer.write(record(text), kNow);
  REQUIRE(fs::exists(log.path(3)));
  writer.set_limits(Bytes{1000}, 2);
  CHECK(fs::exists(log.path(1)));
  CHECK_FALSE(fs::exists(log.path(2)));
  CHECK_FALSE(fs::exists(log.path(3)));
  writer.write(record("5"), kNow);
  CHECK(log.text() == record("4") + record("5"));
}

TEST_CASE("a log directory that was removed is made again at the next rotation") {
  Log log;
  LogWriter writer = log.writer(50, 2);
  writer.write(record("1"), kNow);
  fs::remove_all(log.directory);
  writer.write(record("2"), kNow);
  CHECK_FALSE(writer.trouble());
  CHECK(log.text() == record("2"));
}

TEST_CASE("a log that cannot be opened is trouble, and what was lost is told afterwards") {
  Log log;
  fs::create_directories(log.path());  // a directory in the place of the file
  LogWriter writer = log.writer(1000, 2);
  REQUIRE(writer.trouble());
  CHECK(writer.trouble()->message() == "cannot open web.log: Is a directory");
  writer.write(record("lost"), kNow);
  CHECK(writer.lost_total() == 5);
  fs::remove(log.path());
  writer.write(record("kept"), kNow);
  CHECK_FALSE(writer.trouble());
  CHECK(log.text() ==
        kNowText + " stderr F [berth] 5 bytes lost: Is a directory\n" + record("kept"));
}

TEST_CASE("a full disk loses whole records, counts them, and says so once there is room") {
  if (::unshare(CLONE_NEWNS) < 0) {
    MESSAGE("skipped: needs a mount namespace of its own");
    return;
  }
  REQUIRE(::mount("", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0);
  Log log;
  REQUIRE(::mount("tmpfs", log.temp.path().c_str(), "tmpfs", 0, "size=128k") == 0);
  const scope_exit unmount([&] { ::umount2(log.temp.path().c_str(), MNT_DETACH); });
  put_text(log.temp / "ballast", std::string(64 * 1024, 'x'));

  LogWriter writer = log.writer(1 << 20, 2);
  std::string sent;
  for (int turn = 0; turn < 100; ++turn) {
    std::string records;
    for (int i = 0; i < 20; ++i) {
      const std::string text = std::to_string(turn * 20 + i) + std::string(70, '.');
      records += record(text);
      sent += text + "\n";
    }
    writer.write(records, kNow);
  }
  REQUIRE(writer.trouble());
  CHECK(writer.trouble()->message() == "cannot write web.log: No space left on device");
  CHECK(log.text().size() > 32 * 1024);
  CHECK(reported_loss(log.text()) < writer.lost_total());

  fs::remove(log.temp / "ballast");
  SUBCASE("with the next record") {}
  SUBCASE("or on demand") {
    writer.settle(kNow);
    CHECK_FALSE(writer.trouble());
  }
  writer.write(record("again"), kNow);
  CHECK_FALSE(writer.trouble());
  const std::string text = log.text();
  CHECK(text.ends_with(" bytes lost: No space left on device\n" + record("again")));
  CHECK(reported_loss(text) == writer.lost_total());
  // Nothing is torn: what is there is what was sent from the first byte to where the disk was full.
  std::string kept = payload_of(text, Stream::out);
  REQUIRE(kept.ends_with("again\n"));
  kept.resize(kept.size() - 6);
  CHECK(sent.starts_with(kept));
  CHECK(kept.size() + writer.lost_total() == sent.size());
}

TEST_CASE(
    "a thousand rotations while links are put into the files' place leave the host as it was") {
  Log log;
  LogWriter writer = log.writer(100, 3);
  const std::string canary = log.temp / "canary";
  put_text(canary, "as before");
  const auto touched = fs::last_write_time(canary);

  const pid_t swapping = start_swapping(log, canary);
  REQUIRE(swapping > 0);
  const scope_exit stop([&] {
    ::kill(swapping, SIGKILL);
    ::waitpid(swapping, nullptr, 0);
  });
  for (int i = 0; i < 3000; ++i) writer.write(record("12345") + record("67890"), kNow);
  int status = 0;
  CHECK(::waitpid(swapping, &status, WNOHANG) == 0);  // it was at it all the time
  CHECK(text_of(canary) == "as before");
  CHECK(fs::last_write_time(canary) == touched);
}
