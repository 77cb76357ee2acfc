#include "supervisor/generation/text_diff.h"

#include <random>
#include <sstream>

#include <doctest/doctest.h>

using namespace berth::generation;

TEST_CASE("a changed line is shown with three lines around it") {
  CHECK(unified_diff("a/f", "1\n2\n3\n4\n5\n6\n7\n8\n9\n", "b/f", "1\n2\n3\n4\nx\n6\n7\n8\n9\n") ==
        "--- a/f\n+++ b/f\n@@ -2,7 +2,7 @@\n 2\n 3\n 4\n-5\n+x\n 6\n 7\n 8\n");
}

TEST_CASE("a new file, a removed one, and one without a last line end") {
  CHECK(unified_diff("", "", "b/f", "1\n") == "--- /dev/null\n+++ b/f\n@@ -0,0 +1 @@\n+1\n");
  CHECK(unified_diff("a/f", "1\n", "", "") == "--- a/f\n+++ /dev/null\n@@ -1 +0,0 @@\n-1\n");
  CHECK(unified_diff("a/f", "1", "b/f", "1\n") ==
        "--- a/f\n+++ b/f\n@@ -1 +1 @@\n-1\n\\ No newline at end of file\n+1\n");
  CHECK(unified_diff("a/f", "1\n", "b/f", "1\n") == "");
}

namespace {

// As patch(1) does it, without looking for a place: each line that is said to be there must be.
std::string patched(const std::string& text, const std::string& diff) {
  std::istringstream lines(diff);
  std::istringstream old_lines(text);
  std::string line;
  std::string old_line;
  std::string result;
  int at = 0;  // lines of the old text taken so far
  while (std::getline(lines, line)) {
    if (line.starts_with("---") || line.starts_with("+++")) continue;
    if (line.starts_with("@@ -")) {
      int begin = std::stoi(line.substr(4));
      const bool none = line.substr(4, line.find(' ', 4) - 4).ends_with(",0");
      for (begin -= none ? 0 : 1; at < begin; ++at) {
        REQUIRE(std::getline(old_lines, old_line));
        result += old_line + "\n";
      }
      continue;
    }
    if (line[0] != '+') {
      REQUIRE(std::getline(old_lines, old_line));
      REQUIRE(old_line == line.substr(1));
      ++at;
    }
    if (line[0] != '-') result += line.substr(1) + "\n";
  }
  while (std::getline(old_lines, old_line)) result += old_line + "\n";
  return result;
}

}  // namespace

TEST_CASE("what it shows makes the one of the other") {
  std::mt19937 random(20260802);
  for (int round = 0; round < 300; ++round) {
    const auto text = [&] {
      std::string lines;
      const auto count = random() % 40;
      for (unsigned i = 0; i < count; ++i) lines += std::to_string(random() % 6) + "\n";
      return lines;
    };
    const std::string before = text();
    const std::string after = text();
    CHECK(patched(before, unified_diff("f", before, "f", after)) == after);
  }
}

TEST_CASE("texts that have nothing in common are replaced as a whole, in bounded time") {
  std::string before;
  std::string after;
  for (int i = 0; i < 20000; ++i) {
    before += "a" + std::to_string(i) + "\n";
    after += "b" + std::to_string(i) + "\n";
  }
  const std::string diff = unified_diff("a/f", before, "b/f", after);
  CHECK(diff.find("@@ -1,20000 +1,20000 @@") != std::string::npos);
}
