#include "supervisor/logs/cri_lines.h"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;

namespace {

std::string fed(CriLines& lines, std::string_view bytes) {
  std::string out;
  lines.feed(bytes, kNow, out);
  return out;
}

std::string formatted(std::string_view bytes) {
  CriLines lines(Stream::out);
  return fed(lines, bytes);
}

// Text with short, long and empty lines, carriage returns and NULs.
std::string random_payload(std::mt19937& random) {
  std::string payload;
  const auto pieces = random() % 12;
  for (unsigned i = 0; i < pieces; ++i) {
    const std::size_t length = random() % 3 == 0 ? random() % 40000 : random() % 60;
    for (std::size_t k = 0; k < length; ++k) payload += "abc\r\0 xyz"[random() % 9];
    if (random() % 8 != 0) payload += '\n';
  }
  return payload;
}

}  // namespace

TEST_CASE("a line becomes one full record with time and stream") {
  CHECK(formatted("hello\n") == kNowText + " stdout F hello\n");
  CriLines lines(Stream::err);
  CHECK(fed(lines, "a\n\nb\n") ==
        kNowText + " stderr F a\n" + kNowText + " stderr F \n" + kNowText + " stderr F b\n");
}

TEST_CASE("a line that comes in pieces becomes one record when it ends") {
  CriLines lines(Stream::out);
  CHECK(fed(lines, "hel").empty());
  CHECK(lines.carried() == 3);
  CHECK(fed(lines, "lo") == "");
  CHECK(fed(lines, "\nnext") == kNowText + " stdout F hello\n");
  CHECK(lines.carried() == 4);
}

TEST_CASE("of a terminal's lines the carriage returns at the end are none of the text") {
  CriLines lines(Stream::out);
  lines.drop_returns();
  CHECK(fed(lines, "one\r\n\r\ntwo\rthree\r\r\n") == kNowText + " stdout F one\n" + kNowText +
                                                         " stdout F \n" + kNowText +
                                                         " stdout F two\rthree\n");
  CHECK(fed(lines, "four\r").empty());
  CHECK(fed(lines, "\n") == kNowText + " stdout F four\n");
}

TEST_CASE("carriage returns and NUL bytes are kept as they are") {
  const std::string line("a\0b\r\n", 5);
  CHECK(formatted(line) == kNowText + " stdout F " + line);
}

TEST_CASE("a line of the greatest length is one record, a longer one is cut into partial records") {
  const std::string longest(kLineMax, 'x');
  CHECK(formatted(longest + "\n") == kNowText + " stdout F " + longest + "\n");
  CHECK(formatted(longest + "y\n") ==
        kNowText + " stdout P " + longest + "\n" + kNowText + " stdout F y\n");
  CHECK(formatted(longest + longest + "\n") ==
        kNowText + " stdout P " + longest + "\n" + kNowText + " stdout F " + longest + "\n");
}

TEST_CASE("what has no newline at the close is written as a partial record, once") {
  CriLines lines(Stream::out);
  fed(lines, "done\nprompt> ");
  std::string out;
  lines.finish(kNow, out);
  CHECK(out == kNowText + " stdout P prompt> \n");
  lines.finish(kNow, out);
  CHECK(out == kNowText + " stdout P prompt> \n");
  CHECK(fed(lines, "yes\n") == kNowText + " stdout F yes\n");
}

TEST_CASE("a smaller greatest length cuts what is carried already") {
  CriLines lines(Stream::out);
  fed(lines, "0123456789");
  lines.set_line_max(4);
  CHECK(fed(lines, "abcdef\n") == kNowText + " stdout P 0123456789\n" + kNowText +
                                      " stdout P abcd\n" + kNowText + " stdout F ef\n");
}

TEST_CASE("how the bytes are cut into pieces changes neither records nor payload") {
  for (unsigned seed = 0; seed < 300; ++seed) {
    CAPTURE(seed);
    std::mt19937 random(seed);
    const std::string payload = random_payload(random);
    CriLines at_once(Stream::out);
    std::string expected = fed(at_once, payload);
    at_once.finish(kNow, expected);

    CriLines in_pieces(Stream::out);
    std::string out;
    for (std::string_view rest = payload; !rest.empty();) {
      const std::size_t size = std::min<std::size_t>(1 + random() % 20000, rest.size());
      in_pieces.feed(rest.substr(0, size), kNow, out);
      rest.remove_prefix(size);
      REQUIRE(in_pieces.carried() <= kLineMax);
    }
    in_pieces.finish(kNow, out);
    REQUIRE((out == expected));
    REQUIRE((payload_of(out, Stream::out) == payload));
    REQUIRE(payload_size(out) == payload.size());
  }
}

TEST_CASE("a notice is a full record on stderr that names berth") {
  CHECK(notice_record("3 bytes lost", kNow) == kNowText + " stderr F [berth] 3 bytes lost\n");
}
