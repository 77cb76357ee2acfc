#include "supervisor/health/http_probe.h"

#include <random>

#include <doctest/doctest.h>

using namespace berth::health;

namespace {

// The verdict on a whole answer, after which the connection is closed.
Verdict verdict_on(std::string_view answer) {
  HttpAnswer parser;
  if (auto verdict = parser.feed(answer)) return *verdict;
  return parser.finish();
}

}  // namespace

TEST_CASE("the request is a plain GET that asks for the connection to be closed") {
  CHECK(http_request({{}, "127.0.0.1:8080", "/healthz"}) ==
        "GET /healthz HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: berth\r\nAccept: */*\r\n"
        "Connection: close\r\n\r\n");
}

TEST_CASE("statuses from 200 to 399 are healthy and no others") {
  for (const int status : {200, 204, 301, 399})
    CHECK(verdict_on("HTTP/1.1 " + std::to_string(status) + " text\r\n\r\n") ==
          Verdict{true, "status " + std::to_string(status)});
  for (const int status : {101, 400, 404, 503, 999})
    CHECK(verdict_on("HTTP/1.0 " + std::to_string(status) + "\r\n\r\n") ==
          Verdict{false, "status " + std::to_string(status)});
}

TEST_CASE("an answer is understood however it is cut into pieces") {
  const std::string answer =
      "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 503 No\r\nA: b\r\n\r\nbody";
  for (unsigned seed = 0; seed < 100; ++seed) {
    std::mt19937 random(seed);
    HttpAnswer parser;
    std::optional<Verdict> verdict;
    for (std::size_t at = 0; at < answer.size() && !verdict;) {
      const std::size_t size = 1 + random() % 12;
      verdict = parser.feed(std::string_view(answer).substr(at, size));
      at += size;
    }
    REQUIRE(verdict == Verdict{false, "status 503"});
  }
}

TEST_CASE("an early answer such as 100 Continue is not the answer") {
  CHECK(verdict_on("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n") ==
        Verdict{true, "status 200"});
  CHECK(verdict_on("HTTP/1.1 100 Continue\r\n\r\n") == Verdict{false, "the answer was cut off"});
}

TEST_CASE("bare newlines end lines as well") {
  CHECK(verdict_on("HTTP/1.1 200 OK\nA: b\n\n") == Verdict{true, "status 200"});
}

TEST_CASE("a status line is enough when the connection closes before the head is complete") {
  CHECK(verdict_on("HTTP/1.1 200 OK\r\nServer: x") == Verdict{true, "status 200"});
  CHECK(verdict_on("HTTP/1.1 200 O") == Verdict{false, "the answer was cut off"});
  CHECK(verdict_on("HTTP/1.1") == Verdict{false, "the answer was cut off"});
  CHECK(verdict_on("") == Verdict{false, "closed without an answer"});
}

TEST_CASE("what is not HTTP is told from the first wrong byte") {
  for (const std::string_view garbage :
       {"SSH-2.0-OpenSSH\r\n", "X", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/1.1 20x", "HTTP/1.1 2000",
        "HTTP/1.1  200", "HTTP/1.1 000 x", "HTTP/1.1\r\n\r\n",
        "-ERR wrong number of arguments\r\n"}) {
    HttpAnswer parser;
    CAPTURE(garbage);
    CHECK(parser.feed(garbage) == Verdict{false, "not HTTP"});
  }
}

TEST_CASE("a head without end is looked at up to its first 4 KiB") {
  HttpAnswer status_known;
  REQUIRE_FALSE(status_known.feed("HTTP/1.1 200 OK\r\n"));
  std::optional<Verdict> verdict;
  std::size_t fed = 17;
  for (; !verdict && fed < 100000; fed += 100) verdict = status_known.feed(std::string(100, 'x'));
  CHECK(verdict == Verdict{true, "status 200"});
  CHECK(fed < kHttpHeadMax + 100);

  HttpAnswer endless_line;
  CHECK(endless_line.feed("HTTP/1.1 200 " + std::string(100000, 'x')) ==
        Verdict{false, "no status in the first 4 KiB"});

  std::string hints;
  for (int i = 0; i < 10000; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  HttpAnswer endless_hints;
  CHECK(endless_hints.feed(hints) == Verdict{false, "no status in the first 4 KiB"});
}

TEST_CASE("random bytes never do harm and never count as healthy") {
  for (unsigned seed = 0; seed < 500; ++seed) {
    std::mt19937 random(seed);
    std::string answer = seed % 2 == 0 ? "HTTP/1.1 5" : "";
    const auto length = random() % 6000;
    for (unsigned i = 0; i < length; ++i) answer += static_cast<char>(random());
    REQUIRE_FALSE(verdict_on(answer).healthy);
  }
}
