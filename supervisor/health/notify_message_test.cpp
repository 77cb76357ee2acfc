#include "supervisor/health/notify_message.h"

#include <doctest/doctest.h>

using berth::health::NotifyMessage;
using berth::health::parse_notify;

TEST_CASE("readiness and status are read, in any order and with others between") {
  CHECK(parse_notify("READY=1") == NotifyMessage{true, {}});
  CHECK(parse_notify("MAINPID=7\nSTATUS=accepting connections\nREADY=1\n") ==
        NotifyMessage{true, "accepting connections"});
  CHECK(parse_notify("STATUS=") == NotifyMessage{false, ""});
}

TEST_CASE("what is no word of ours says nothing") {
  for (const char* text :
       {"", "\n\n", "READY=0", "READY=1 ", "READY", "=1", "ready=1", "XREADY=1"}) {
    CAPTURE(text);
    CHECK(parse_notify(text) == NotifyMessage{});
  }
}

TEST_CASE("a status cannot disturb a terminal, nor be long") {
  CHECK(parse_notify(std::string("STATUS=a\x1b[2Jb\tc\0", 16)).status == "a?[2Jb?c?");
  CHECK(parse_notify("STATUS=" + std::string(4000, 'x')).status->size() == 256);
}
