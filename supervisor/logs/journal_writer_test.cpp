#include "supervisor/logs/journal_writer.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;
using namespace std::chrono_literals;

namespace {

// The other end of the socket, as journald has it.
struct Journal {
  unique_fd socket{::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  explicit Journal(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    ::unlink(path.c_str());
    REQUIRE(::bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  }
  // The texts of the messages that are there.
  [[nodiscard]] std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    std::vector<char> bytes(64 << 10);
    while (true) {
      const ssize_t size = ::recv(socket.get(), bytes.data(), bytes.size(), 0);
      if (size < 0) return texts;
      const std::string_view datagram(bytes.data(), static_cast<std::size_t>(size));
      REQUIRE(datagram.starts_with("MESSAGE="));
      texts.emplace_back(datagram.substr(8, datagram.find('\n') - 8));
    }
  }
};

struct Setting {
  TempDir temp;
  std::string path = temp / "socket";
  Instant now{1h};
  [[nodiscard]] JournalWriter writer() const { return {"web", path, now}; }
};

std::string record(const std::string& text) { return kNowText + " stdout F " + text + "\n"; }
using Texts = std::vector<std::string>;

}  // namespace

TEST_CASE("records arrive in order") {
  Setting setting;
  const Journal journal(setting.path);
  auto writer = setting.writer();
  writer.write(record("one") + record("two"), setting.now);
  writer.write(record("three"), setting.now);
  CHECK(journal.texts() == Texts{"one", "two", "three"});
  CHECK_FALSE(writer.waiting());
  CHECK_FALSE(writer.trouble());
}

TEST_CASE("without a journal records wait, and none is lost when it comes in time") {
  Setting setting;
  auto writer = setting.writer();
  REQUIRE(writer.trouble());
  CHECK(writer.trouble()->message().starts_with("no journal at " + setting.path));
  CHECK_FALSE(writer.waiting());
  writer.write(record("one"), setting.now);
  writer.write(record("two"), setting.now + 9s);
  CHECK(writer.held_up());
  CHECK(writer.fd() == -1);
  const Journal journal(setting.path);
  writer.flush(setting.now + 9500ms);
  CHECK(journal.texts() == Texts{"one", "two"});
  CHECK_FALSE(writer.waiting());
  CHECK_FALSE(writer.trouble());
  CHECK(writer.lost_total() == 0);
}

TEST_CASE("a journal that stays away is waited for no longer than the patience lasts") {
  Setting setting;
  auto writer = setting.writer();
  writer.write(record("one"), setting.now + 1h);
  writer.flush(setting.now + 1h + JournalWriter::kPatience - 1ms);
  CHECK(writer.held_up());
  writer.flush(setting.now + 1h + JournalWriter::kPatience);
  CHECK_FALSE(writer.held_up());
  CHECK(writer.lost_total() == 4);
  writer.write(record("two"), setting.now + 2h);
  CHECK_FALSE(writer.held_up());
  CHECK(writer.lost_total() == 8);

  const Journal journal(setting.path);
  writer.write(record("three"), setting.now + 3h);
  const Texts texts = journal.texts();
  REQUIRE(texts.size() == 2);
  CHECK(texts[0].starts_with("[berth] 8 bytes lost: no journal at "));
  CHECK(texts[1] == "three");
  CHECK_FALSE(writer.trouble());
  // Its patience is whole again.
  CHECK_FALSE(writer.waiting());
}

TEST_CASE("a journal that does not read holds up, and nothing is lost or doubled when it reads") {
  Setting setting;
  const Journal journal(setting.path);
  auto writer = setting.writer();
  Texts wanted;
  std::string records;
  for (int i = 0; i < 2000; ++i) {
    wanted.push_back(std::to_string(i) + std::string(500, 'x'));
    records += record(wanted.back());
  }
  writer.write(records, setting.now);
  for (int i = 0; i < 20; ++i) writer.flush(setting.now);
  REQUIRE(writer.held_up());
  CHECK_FALSE(writer.trouble());  // it has been for no time yet
  pollfd writable{.fd = writer.fd(), .events = POLLOUT, .revents = 0};
  CHECK(::poll(&writable, 1, 0) == 0);
  writer.flush(setting.now + 2s);
  REQUIRE(writer.trouble());
  CHECK(writer.trouble()->what == "the journal at " + setting.path + " takes no more lines");

  Texts got;
  for (int turn = 0; turn < 4000 && writer.waiting(); ++turn) {
    for (std::string& text : journal.texts()) got.push_back(std::move(text));
    CHECK(::poll(&writable, 1, 0) == 1);
    writer.flush(setting.now + 3s);
  }
  for (std::string& text : journal.texts()) got.push_back(std::move(text));
  CHECK(got == wanted);
  CHECK(writer.lost_total() == 0);
  CHECK_FALSE(writer.trouble());
}

TEST_CASE("a new journal at the same place is found") {
  Setting setting;
  std::optional<Journal> journal(setting.path);
  auto writer = setting.writer();
  writer.write(record("one"), setting.now);
  CHECK(journal->texts() == Texts{"one"});
  journal.reset();
  writer.write(record("two"), setting.now);
  CHECK(writer.held_up());
  journal.emplace(setting.path);
  writer.write(record("three"), setting.now);
  CHECK(journal->texts() == Texts{"two", "three"});
  journal.emplace(setting.path);  // between two lines
  writer.write(record("four"), setting.now);
  CHECK(journal->texts() == Texts{"four"});
}

TEST_CASE("more than the queue holds is lost, counted, and told at its place") {
  Setting setting;
  auto writer = setting.writer();
  const std::string big = record(std::string(16000, 'x'));
  std::size_t kept = 0;
  for (; writer.lost_total() == 0; ++kept) writer.write(big, setting.now);
  kept -= 1;
  CHECK(kept == JournalWriter::kQueueMax / big.size());
  CHECK(writer.lost_total() == 16001);
  writer.write(record("little"), setting.now);
  CHECK(writer.lost_total() == 16001 + 7);
  const std::string queue = writer.take_queue();
  CHECK(records_of(queue).size() == kept + 1);
  CHECK(records_of(queue).back().find("[berth] 16008 bytes lost: no journal") != std::string::npos);
  CHECK_FALSE(writer.waiting());
}

TEST_CASE("a line that is too long for the socket is lost alone") {
  Setting setting;
  const Journal journal(setting.path);
  auto writer = setting.writer();
  writer.write(record(std::string(2 << 20, 'x')) + record("next"), setting.now);
  const Texts texts = journal.texts();
  REQUIRE(texts.size() == 2);
  CHECK(texts[0] == "next");
  CHECK(texts[1].starts_with("[berth] 2097153 bytes lost: a line is too long for the journal"));
}
