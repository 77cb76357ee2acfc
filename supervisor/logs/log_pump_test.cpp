#include "supervisor/logs/log_pump.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <random>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "supervisor/base/scope_exit.h"
#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;
namespace fs = std::filesystem;

namespace {

// The container's side: its run directory with the FIFOs, held open as the keeper holds them.
struct Container {
  TempDir temp;
  Paths paths{temp.path()};
  unique_fd out;
  unique_fd err;
  PumpBuffer buffer;

  Container() {
    fs::create_directories(paths.run_of("web"));
    out = make("stdout");
    err = make("stderr");
  }
  [[nodiscard]] unique_fd make(const std::string& name) const {
    const std::string path = paths.run_of("web") + "/" + name;
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    return unique_fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NONBLOCK));
  }
  [[nodiscard]] LogPump pump(const LoggingSpec& spec = {}) const {
    auto opened = LogPump::open(paths, "web", spec);
    REQUIRE(opened);
    return std::move(*opened);
  }
  [[nodiscard]] std::string text() const { return text_of(paths.log_file("web")); }
  [[nodiscard]] std::uint64_t disk_use() const {
    std::uint64_t total = 0;
    for (const auto& entry : fs::directory_iterator(paths.log_dir("web")))
      total += entry.file_size();
    return total;
  }
};

void say(const unique_fd& fifo, std::string_view text) {
  REQUIRE(::write(fifo.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()));
}

// Writes `total` bytes of numbered lines into the FIFO, as fast as they are taken.
pid_t start_flood(const Container& container, std::size_t total) {
  const pid_t pid = ::fork();
  if (pid != 0) return pid;
  const std::string path = container.paths.run_of("web") + "/stdout";
  const int fifo = ::open(path.c_str(), O_WRONLY);
  std::string block;
  while (block.size() < 65536) block += "a line of a container that writes without end\n";
  block.resize(65535);
  block += '\n';
  for (std::size_t sent = 0; sent < total;) {
    const ssize_t count = ::write(fifo, block.data(), std::min(block.size(), total - sent));
    if (count < 0) ::_exit(1);
    sent += static_cast<std::size_t>(count);
  }
  ::_exit(0);
}

}  // namespace

TEST_CASE("what is written on a console ends in the log file, as lines of stdout") {
  Container container;
  unique_fd master(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(::unlockpt(master.get()) == 0);
  unique_fd peer(::open(::ptsname(master.get()), O_RDWR | O_NOCTTY | O_CLOEXEC));
  REQUIRE(peer);
  auto pump = LogPump::of_console(container.paths, "web", {}, std::move(master));
  REQUIRE(pump);
  CHECK(pump->fd(Stream::err) == -1);
  CHECK(pump->pump(Stream::out, kPumpBudget, container.buffer, kNow)->bytes == 0);
  say(peer, "booting\nlogin: ");
  CHECK_FALSE(pump->pump(Stream::out, kPumpBudget, container.buffer, kNow)->closed);
  say(peer, "no\nhalf");
  const auto drained = pump->drain(container.buffer, kNow);
  REQUIRE(drained);
  CHECK(payload_of(container.text(), Stream::out) == "booting\nlogin: no\nhalf");
  peer.reset();
  CHECK(pump->pump(Stream::out, kPumpBudget, container.buffer, kNow)->closed);
}

TEST_CASE("what a container writes on both streams ends in its log file") {
  Container container;
  LogPump pump = container.pump();
  say(container.out, "hello\nwor");
  say(container.err, "oops\n");
  const auto first = pump.pump(Stream::out, kPumpBudget, container.buffer, kNow);
  REQUIRE(first);
  CHECK(first->bytes == 9);
  CHECK_FALSE(first->more);
  CHECK_FALSE(first->closed);
  REQUIRE(pump.pump(Stream::err, kPumpBudget, container.buffer, kNow));
  say(container.out, "ld\n");
  REQUIRE(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow));
  CHECK(container.text() == kNowText + " stdout F hello\n" + kNowText + " stderr F oops\n" +
                                kNowText + " stdout F world\n");
}

TEST_CASE("an empty FIFO is no error, and one that nobody writes to any more is closed") {
  Container container;
  LogPump pump = container.pump();
  const auto empty = pump.pump(Stream::out, kPumpBudget, container.buffer, kNow);
  REQUIRE(empty);
  CHECK(empty->bytes == 0);
  CHECK_FALSE(empty->closed);
  say(container.out, "bye");
  container.out.reset();
  REQUIRE(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow)->bytes == 3);
  CHECK(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow)->closed);
  CHECK(container.text() == kNowText + " stdout P bye\n");
}

TEST_CASE("a call reads no more than its budget and says that there is more") {
  Container container;
  LogPump pump = container.pump();
  say(container.out, "0123456789\n");
  const auto part = pump.pump(Stream::out, 4, container.buffer, kNow);
  CHECK(part->bytes == 4);
  CHECK(part->more);
  CHECK(pump.pump(Stream::out, 0, container.buffer, kNow)->bytes == 0);
  CHECK(pump.pump(Stream::out, 100, container.buffer, kNow)->bytes == 7);
  CHECK(container.text() == kNowText + " stdout F 0123456789\n");
}

TEST_CASE("draining reads both streams empty and writes lines that never ended") {
  Container container;
  REQUIRE(::fcntl(container.out.get(), F_SETPIPE_SZ, 256 * 1024) > 0);
  LogPump pump = container.pump();
  const std::string last_words(200 * 1024, 'x');
  say(container.out, last_words);
  say(container.err, "panic");
  const auto drained = pump.drain(container.buffer, kNow);
  REQUIRE(drained);
  CHECK(drained->bytes == last_words.size() + 5);
  CHECK_FALSE(drained->more);
  CHECK((payload_of(container.text(), Stream::out) == last_words));
  CHECK(payload_of(container.text(), Stream::err) == "panic");
}

TEST_CASE("draining ends although somebody writes on") {
  Container container;
  LogPump pump = container.pump();
  const pid_t writing = start_flood(container, std::size_t{1} << 40);
  const scope_exit stop([&] {
    ::kill(writing, SIGKILL);
    ::waitpid(writing, nullptr, 0);
  });
  pollfd ready{pump.fd(Stream::out), POLLIN, 0};
  REQUIRE(::poll(&ready, 1, 10000) == 1);
  PumpBuffer small{.bytes = std::vector<char>(8), .records = {}};  // the flood outruns it
  const auto drained = pump.drain(small, kNow);
  REQUIRE(drained);
  CHECK(drained->bytes <= 64 * 1024);
}

TEST_CASE("with the driver none everything is read and nothing is written") {
  Container container;
  LogPump pump = container.pump({.driver = LogDriver::none});
  say(container.out, "unheard\n");
  CHECK(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow)->bytes == 8);
  CHECK_FALSE(fs::exists(container.paths.log_dir("web")));
  CHECK_FALSE(pump.trouble());
}

TEST_CASE("a changed spec takes effect while the FIFOs stay open") {
  Container container;
  LogPump pump = container.pump();
  const int fd = pump.fd(Stream::out);
  say(container.out, "begun, ");
  REQUIRE(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow));
  pump.reconfigure({.driver = LogDriver::none}, kNow);
  CHECK(container.text() == kNowText + " stdout P begun, \n");
  say(container.out, "unheard, ");
  REQUIRE(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow));
  pump.reconfigure({.max_size = Bytes{128}, .max_files = 2}, kNow);
  say(container.out, "and ended\n" + std::string(100, 'x') + "\n");
  REQUIRE(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow));
  CHECK(pump.fd(Stream::out) == fd);
  // Lines are cut so that each record fits into a file of 128 bytes.
  CHECK(text_of(container.paths.log_file("web") + ".1") ==
        kNowText + " stdout P " + std::string(87, 'x') + "\n");
  CHECK(container.text() == kNowText + " stdout F " + std::string(13, 'x') + "\n");
}

TEST_CASE("what is no FIFO is not opened") {
  Container container;
  const std::string path = container.paths.run_of("web") + "/stderr";
  fs::remove(path);
  SUBCASE("a file") { put_text(path, "text"); }
  SUBCASE("a link to a FIFO") { fs::create_symlink("stdout", path); }
  SUBCASE("nothing") {}
  CHECK_FALSE(LogPump::open(container.paths, "web", {}));
}

TEST_CASE("every byte arrives, however reads and budgets fall") {
  for (unsigned seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    Container container;
    LogPump pump = container.pump();
    std::array<std::string, 2> sent;
    for (int turn = 0; turn < 60; ++turn) {
      const auto side = random() % 2;
      std::string piece;
      const std::size_t length = random() % 5000;
      for (std::size_t i = 0; i < length; ++i) piece += "ab\n\r\0z"[random() % (turn % 3 ? 6 : 2)];
      const ssize_t count = ::write(side == 0 ? container.out.get() : container.err.get(),
                                    piece.data(), piece.size());
      if (count > 0) sent[side] += piece.substr(0, static_cast<std::size_t>(count));
      const Stream stream = random() % 2 == 0 ? Stream::out : Stream::err;
      REQUIRE(pump.pump(stream, 1 + random() % 9000, container.buffer, kNow));
    }
    REQUIRE(pump.drain(container.buffer, kNow));
    const std::string text = container.text();
    REQUIRE((payload_of(text, Stream::out) == sent[0]));
    REQUIRE((payload_of(text, Stream::err) == sent[1]));
  }
}

TEST_CASE("a flood of 200 MB stays within max_size times max_files on the disk") {
  constexpr std::size_t kTotal = 200u << 20;
  const LoggingSpec spec{.max_size = Bytes{1u << 20}, .max_files = 3};
  Container container;
  LogPump pump = container.pump(spec);
  const pid_t writing = start_flood(container, kTotal);
  REQUIRE(writing > 0);
  const scope_exit stop([&] {
    ::kill(writing, SIGKILL);
    ::waitpid(writing, nullptr, 0);
  });

  std::size_t read = 0;
  std::uint64_t most_on_disk = 0;
  for (unsigned turn = 0; read < kTotal; ++turn) {
    pollfd ready{pump.fd(Stream::out), POLLIN, 0};
    REQUIRE(::poll(&ready, 1, 10000) == 1);
    const auto outcome = pump.pump(Stream::out, kPumpBudget, container.buffer, kNow);
    REQUIRE(outcome);
    REQUIRE(outcome->bytes <= kPumpBudget);
    read += outcome->bytes;
    if (turn % 16 == 0) most_on_disk = std::max(most_on_disk, container.disk_use());
  }
  CHECK(read == kTotal);
  CHECK(most_on_disk > 2 * spec.max_size.count);
  CHECK(most_on_disk <= spec.max_size.count * 3);
  CHECK_FALSE(pump.trouble());
  CHECK(pump.lost_total() == 0);
}

TEST_CASE("a payload that writes nothing but newlines gets smaller reads and loses nothing") {
  Container container;
  LogPump pump = container.pump();
  say(container.out, std::string(65536, '\n'));
  const auto first = pump.pump(Stream::out, kPumpBudget, container.buffer, kNow);
  CHECK(first->bytes == 65536);
  CHECK(container.buffer.records.size() == 65536 * 41);
  say(container.out, std::string(65536, '\n'));
  for (std::size_t read = 0; read < 65536;) {
    const auto outcome = pump.pump(Stream::out, kPumpBudget, container.buffer, kNow);
    REQUIRE(outcome->bytes > 0);
    CHECK(outcome->bytes <= 8192);
    read += outcome->bytes;
  }
  CHECK(payload_of(container.text(), Stream::out) == std::string(2 * 65536, '\n'));
  // Ordinary lines have the whole budget again.
  for (int turn = 0; turn < 2; ++turn) {
    say(container.out, std::string(60000, 'x') + "\n");
    while (pump.pump(Stream::out, kPumpBudget, container.buffer, kNow)->more) {
    }
  }
  say(container.out, std::string(65536, 'x'));
  CHECK(pump.pump(Stream::out, kPumpBudget, container.buffer, kNow)->bytes == 65536);
}
