#include "supervisor/logs/journal_message.h"

#include <map>
#include <random>

#include <doctest/doctest.h>

#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;
using namespace std::literals;

namespace {

// What journald makes of a datagram; nothing of one that it would not take whole.
std::multimap<std::string, std::string> fields_of(std::string_view datagram) {
  std::multimap<std::string, std::string> fields;
  while (!datagram.empty()) {
    const std::size_t newline = datagram.find('\n');
    if (newline == std::string_view::npos) return {};
    const std::string_view line = datagram.substr(0, newline);
    datagram.remove_prefix(newline + 1);
    if (const std::size_t sign = line.find('='); sign != std::string_view::npos) {
      fields.emplace(line.substr(0, sign), line.substr(sign + 1));
      continue;
    }
    std::uint64_t size = 0;
    if (datagram.size() < 8) return {};
    for (std::size_t i = 0; i < 8; ++i)
      size |= static_cast<std::uint64_t>(static_cast<unsigned char>(datagram[i])) << (8 * i);
    datagram.remove_prefix(8);
    if (datagram.size() <= size || datagram[size] != '\n') return {};
    fields.emplace(line, datagram.substr(0, size));
    datagram.remove_prefix(size + 1);
  }
  return fields;
}

using Fields = std::multimap<std::string, std::string>;

Fields expected(const std::string& text, const std::string& priority) {
  return {{"MESSAGE", text},
          {"PRIORITY", priority},
          {"SYSLOG_IDENTIFIER", "web"},
          {"SYSLOG_TIMESTAMP", kNowText},
          {"CONTAINER_NAME", "web"},
          {"BERTH_CONTAINER", "web"}};
}

}  // namespace

TEST_CASE("a record of either stream becomes a message with its priority and the name") {
  CHECK(fields_of(journal_message("web", kNowText + " stdout F hello\n")) ==
        expected("hello", "6"));
  CHECK(fields_of(journal_message("web", kNowText + " stderr F oh\n")) == expected("oh", "3"));
}

TEST_CASE("a message is spelt as the protocol wants it") {
  CHECK(journal_message("web", kNowText + " stdout P a=b\n") ==
        "MESSAGE=a=b\nPRIORITY=6\nSYSLOG_IDENTIFIER=web\nSYSLOG_TIMESTAMP=" + kNowText +
            "\nCONTAINER_NAME=web\nBERTH_CONTAINER=web\nCONTAINER_PARTIAL_MESSAGE=true\n");
}

TEST_CASE("a part of a line is marked as one") {
  auto fields = expected("part", "6");
  fields.emplace("CONTAINER_PARTIAL_MESSAGE", "true");
  CHECK(fields_of(journal_message("web", kNowText + " stdout P part\n")) == fields);
}

TEST_CASE("a value with a newline takes the binary form") {
  std::string datagram;
  append_field(datagram, "MESSAGE", "a\nPRIORITY=0");
  CHECK(datagram == "MESSAGE\n\x0c\0\0\0\0\0\0\0a\nPRIORITY=0\n"s);
  CHECK(fields_of(datagram) == Fields{{"MESSAGE", "a\nPRIORITY=0"}});
}

TEST_CASE("the size of a binary value is 64 bits in little endian") {
  std::string datagram;
  append_field(datagram, "K", "\n" + std::string(0x123, 'x'));
  CHECK(datagram.substr(0, 10) == "K\n\x24\x01\0\0\0\0\0\0"s);
}

TEST_CASE("whatever bytes a payload writes, they are the message and no field beside it") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    const std::size_t size = random() % 200;
    // Mostly what could end a value or begin another one.
    const std::string_view nasty = "=\r\0\xff\x80\x1b[PPRIORITY=0"sv;
    while (text.size() < size) {
      const char byte =
          random() % 2 == 0 ? nasty[random() % nasty.size()] : static_cast<char>(random() % 256);
      if (byte != '\n') text += byte;
    }
    CriLines lines(Stream::err);
    std::string records;
    lines.feed(text + "\n", kNow, records);
    REQUIRE(fields_of(journal_message("web", records)) == expected(text, "3"));
  }
}

TEST_CASE("an empty line is an empty message") {
  CHECK(fields_of(journal_message("web", kNowText + " stdout F \n")) == expected("", "6"));
}
