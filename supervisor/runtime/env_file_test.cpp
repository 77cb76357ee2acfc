#include "supervisor/runtime/env_file.h"

#include <doctest/doctest.h>

using namespace berth;
using runtime::parse_env_file;

namespace {

using Variables = std::map<std::string, std::string>;

Variables variables_of(std::string_view text) {
  const auto parsed = parse_env_file(text, "/e");
  REQUIRE_MESSAGE(parsed.has_value(), parsed.error().message());
  return *parsed;
}

std::string error_of(std::string_view text) {
  const auto parsed = parse_env_file(text, "/e");
  return parsed ? "none" : parsed.error().message();
}

}  // namespace

TEST_CASE("lines of an env_file are read as compose does, without interpolation") {
  CHECK(variables_of("") == Variables{});
  CHECK(variables_of("\n# A=1\n  # B=2\n\t\n") == Variables{});
  CHECK(variables_of("A=1\nB = two words \r\nC=") ==
        Variables{{"A", "1"}, {"B", "two words"}, {"C", ""}});
  CHECK(variables_of("export A=1\n") == Variables{{"A", "1"}});
  CHECK(variables_of("A=1\nA=2") == Variables{{"A", "2"}});
  CHECK(variables_of("A=b#c\nB=b # c\nC=#c") == Variables{{"A", "b#c"}, {"B", "b"}, {"C", ""}});
  CHECK(variables_of("A=$HOME\nB=\"${X:-y}\"\nC='$(id)'") ==
        Variables{{"A", "$HOME"}, {"B", "${X:-y}"}, {"C", "$(id)"}});
  CHECK(variables_of("A=a=b=c") == Variables{{"A", "a=b=c"}});
  CHECK(variables_of("\xef\xbb\xbf"
                     "A=1") == Variables{{"A", "1"}});
}

TEST_CASE("quotes are taken off, and may hold several lines") {
  CHECK(variables_of(R"(A="a \"b\" \\ \n c")") == Variables{{"A", "a \"b\" \\ \n c"}});
  CHECK(variables_of(R"(A='a \n "b"' # c)") == Variables{{"A", R"(a \n "b")"}});
  CHECK(variables_of("A=\"one\ntwo\"\nB=3") == Variables{{"A", "one\ntwo"}, {"B", "3"}});
  CHECK(variables_of("A=it's") == Variables{{"A", "it's"}});
}

TEST_CASE("what is wrong is told by file and line, but not what it says") {
  CHECK(error_of("A=1\nsecret") ==
        "/e:2: NAME=value is meant; nothing is taken from berthd's own environment");
  CHECK(error_of("=secret") == "/e:1: what stands before \"=\" is not a variable's name");
  CHECK(error_of("a b=secret") == "/e:1: what stands before \"=\" is not a variable's name");
  CHECK(error_of("A=1\nB='secret\n\n") == "/e:2: the closing quote is missing");
  CHECK(error_of("A='secret' more") == "/e:1: something stands behind the closing quote");
  CHECK(error_of(std::string_view("A=\0secret", 9)) == "/e: it is not a text");
}
