#include "supervisor/control/frames.h"

#include <vector>

#include <doctest/doctest.h>

using namespace berth;
using berth::control::Frames;

namespace {

const std::string kGreeting = std::string(1, '\0') + "AUTH EXTERNAL 30\r\nBEGIN\r\n";

// A message with an empty field array and a body of `body` bytes.
std::string message(std::uint32_t body, bool with_body = true) {
  std::string bytes{'l', 1, 0, 1};
  for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(body >> shift);
  bytes += std::string{1, 0, 0, 0, 0, 0, 0, 0};
  if (with_body) bytes += std::string(body, 'x');
  return bytes;
}

// Frames behind a finished authentication.
Frames begun() {
  Frames frames(1024);
  frames.add(kGreeting);
  while (!frames.authenticated()) REQUIRE(frames.next());
  return frames;
}

}  // namespace

TEST_CASE("lines and messages come out whole, however the bytes come in") {
  const std::string stream = kGreeting + message(20) + message(0);
  for (std::size_t step = 1; step <= stream.size(); ++step) {
    Frames frames(1024);
    std::vector<std::string> seen;
    for (std::size_t at = 0; at < stream.size(); at += step) {
      frames.add(std::string_view(stream).substr(at, step));
      while (true) {
        const auto frame = frames.next();
        REQUIRE(frame);
        if (!*frame) break;
        seen.emplace_back(**frame);
      }
    }
    REQUIRE(seen.size() == 4);
    CHECK(seen[1] == "BEGIN\r\n");
    CHECK(seen[2] == message(20));
    CHECK(seen[3] == message(0));
    CHECK_FALSE(frames.partial());
  }
}

TEST_CASE("a message beyond the limit is refused by its header alone") {
  Frames frames = begun();
  frames.add(message(1024 - 15, false));
  CHECK_FALSE(frames.next());
  Frames huge = begun();
  huge.add(message(0xffffffff, false));
  CHECK_FALSE(huge.next());
  Frames fits = begun();
  fits.add(message(1024 - 16));
  CHECK(fits.next().value());
}

TEST_CASE("what is not D-Bus is refused") {
  Frames no_nul(1024);
  no_nul.add("GET / HTTP/1.1\r\n");
  CHECK_FALSE(no_nul.next());
  Frames no_message = begun();
  no_message.add("zzzz");
  CHECK_FALSE(no_message.next());
  Frames other_version = begun();
  other_version.add(std::string{'l', 1, 0, 2} + std::string(12, '\0'));
  CHECK_FALSE(other_version.next());
}

TEST_CASE("an authentication without end is refused") {
  Frames lines(65536);
  lines.add(std::string(1, '\0'));
  for (int i = 0; i < 100; ++i) lines.add("AUTH\r\n");
  bool refused = false;
  for (int i = 0; i < 100 && !refused; ++i) refused = !lines.next();
  CHECK(refused);
  Frames line(65536);
  line.add(std::string(1, '\0') + std::string(5000, 'A'));
  CHECK_FALSE(line.next());
}
