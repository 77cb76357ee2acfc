// The readers against hostile bytes: each is refused with a place, soon, and without a crash.
#include "supervisor/definition/reader.h"

#include <chrono>
#include <ctime>
#include <random>

#include <doctest/doctest.h>

#include "supervisor/definition/yaml_scalar.h"

using namespace berth;
using namespace berth::definition;

namespace {

std::string repeated(std::string_view unit, size_t bytes) {
  std::string text;
  while (text.size() + unit.size() <= bytes) text += unit;
  return text;
}

struct Reading {
  std::optional<Value> root;
  std::vector<Diagnostic> problems;
  std::chrono::milliseconds took{};  // of processor time: others may be busy, too
};

Reading read_timed(Format format, const std::string& content) {
  Report report("web", "web");
  const std::clock_t begin = std::clock();
  Reading reading;
  reading.root = read_file(format, content, report);
  reading.took = std::chrono::milliseconds((std::clock() - begin) * 1000 / CLOCKS_PER_SEC);
  reading.problems = std::move(report).take();
  return reading;
}

constexpr size_t kMost = 1u << 20;

}  // namespace

TEST_CASE("nesting without end is refused at its place, not followed") {
  for (const char* unit : {"[", "{", "- ", "? ", "{a: ", "[a, ", "- - [", "a:\n "}) {
    CAPTURE(unit);
    const Reading reading = read_timed(Format::yaml, repeated(unit, 100'000));
    CHECK_FALSE(reading.root);
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].pos.line >= 1);
    CHECK(reading.problems[0].pos.column >= 1);
  }
  for (const char* unit : {"[", "{a=", "a.", "[{a=", "[a."}) {
    CAPTURE(unit);
    const Reading reading = read_timed(Format::toml, "a = " + repeated(unit, 100'000));
    CHECK_FALSE(reading.root);
    REQUIRE(reading.problems.size() == 1);
    CHECK(reading.problems[0].pos.line == 1);
  }
  CHECK_FALSE(read_timed(Format::toml, repeated("a.", 100'000) + "a = 1").root);
  CHECK_FALSE(read_timed(Format::toml, "[" + repeated("a.", 100'000) + "a]").root);
}

TEST_CASE("no text of 1 MiB takes long") {
  // Far more than the 50 ms that the slowest of them takes: sanitizers, and slow machines.
  constexpr std::chrono::milliseconds kLong{3000};
  for (const char* unit :
       {"[",  "{",    "[a,",   "[a: b,", "a: 1\n", "a: x\n  ",    "x\n",   "'",
        "\"", "'x\n", "#\n",   "\n",     " ",      "&a ",         "*a ",   "%a b\n",
        ":",  ",",    "? a\n", "---\n",  "{}\n",   "a: |\n  x\n", "[a,\n", "{a: b,\n"}) {
    CAPTURE(unit);
    for (const char* front : {"", "a: '", "a: ["}) {
      CAPTURE(front);
      CHECK(read_timed(Format::yaml, front + repeated(unit, 39'000)).took < kLong);
      CHECK(read_timed(Format::yaml, front + repeated(unit, kMost - 16)).took < kLong);
    }
  }
  for (const char* unit : {"a=1\n", "[a]\n", "[[a]]\n", "a=[1,\n", "\"", "'''", "\"\"\"", "#\n",
                           "\n", "a.b=1\n", "{", "=", ",", "a='", "\\", "1,"}) {
    CAPTURE(unit);
    for (const char* front : {"", "a = [", "a = '''", "a = \"\"\""}) {
      CAPTURE(front);
      CHECK(read_timed(Format::toml, front + repeated(unit, kMost - 16)).took < kLong);
    }
  }
}

TEST_CASE("the bounds are where they are said to be") {
  const std::string comments = repeated("#" + std::string(98, '.') + "\n", 500u << 10);
  CHECK(read_timed(Format::yaml, "a: x\n" + comments).root);
  CHECK_FALSE(read_timed(Format::yaml, "a: x\n" + comments + comments).root);
  CHECK_FALSE(read_timed(Format::yaml, "a: x\n" + repeated("# short\n", 300u << 10)).root);
  CHECK(read_timed(Format::yaml, "a: " + repeated("x", 60u << 10)).root);
  CHECK_FALSE(read_timed(Format::yaml, "a: " + repeated("x", 65u << 10)).root);
  CHECK_FALSE(read_timed(Format::toml, repeated("x", 65u << 10) + " = 1").root);
  CHECK(read_timed(Format::toml, "x = '" + repeated("x", 900u << 10) + "'").root);
  CHECK(read_timed(Format::toml, "a = 1\n" + repeated("# comment\n", kMost - 99)).root);
  CHECK_FALSE(read_timed(Format::toml, std::string(kMost + 1, '#')).root);
  CHECK(read_timed(Format::yaml, "a: " + std::string(63, '[') + std::string(63, ']')).root);
  CHECK_FALSE(read_timed(Format::yaml, "a: " + std::string(64, '[') + std::string(64, ']')).root);
  CHECK(read_timed(Format::toml, "a = " + std::string(63, '[') + std::string(63, ']')).root);
  CHECK_FALSE(read_timed(Format::toml, "a = " + std::string(65, '[') + std::string(65, ']')).root);
}

TEST_CASE("mangled files are read or refused, never worse") {
  // Damage at seeded places to a file that uses most of each format; a crash or a sanitizer's
  // complaint is the failure that this looks for, and a refusal must say where.
  const std::string toml =
      "template = \"host\" # x\ncommand = ['a', \"\"\"b\nc\"\"\", '''d''']\nlimits = { memory = "
      "\"1M\", pids = 5 }\n[restart]\nfactor = 1.5\n[[mounts]]\ntarget = \"/\\u00e9\"\na.b.'c' = "
      "1979-05-27\n";
  const std::string yaml =
      "%YAML 1.2\n---\ntemplate: &t host # x\ncommand: [a, \"b\\n\", 'c''d', {e: f}]\n? key\n: "
      "value\nlimits:\n  memory: 1M\n  x: !!str 5\nlist:\n- *t\n- |\n  text\n- >-\n  more\n...\n";
  std::mt19937 random(20240117);
  const std::string bytes = "[]{},:#&*!|>'\"%@`=-?\n\t \\.~<0a\xc3\xa9";
  for (int round = 0; round < 2000; ++round) {
    const bool is_toml = round % 2 == 0;
    std::string content = is_toml ? toml : yaml;
    for (unsigned changes = 1 + random() % 4; changes > 0; --changes) {
      if (content.empty()) break;
      const size_t at = random() % content.size();
      switch (random() % 4) {
        case 0: content.erase(at, 1 + random() % 8); break;
        case 1: content.insert(at, 1, bytes[random() % bytes.size()]); break;
        case 2: content[at] = bytes[random() % bytes.size()]; break;
        default: content.resize(at + 1); break;
      }
    }
    CAPTURE(content);
    const Reading reading = read_timed(is_toml ? Format::toml : Format::yaml, content);
    const bool told = !reading.problems.empty() && reading.problems[0].pos.line > 0;
    CHECK((reading.root.has_value() || told));
  }
}

TEST_CASE("plain scalars mean what YAML 1.2's core schema says") {
  using Data = decltype(Value::data);
  const auto means = [](const char* text) { return resolve_plain_scalar(text); };
  for (const char* text :
       {"no", "yes", "on", "off", "y", "N", "2001-01-01", "22:22", "1_000", "0x", "0o8", "1e", "-",
        "+", ".", "99999999999999999999x", "<<", "=", "tRue"}) {
    CAPTURE(text);
    const auto data = means(text);
    REQUIRE(data);
    CHECK(std::holds_alternative<std::string>(*data));
  }
  CHECK(std::get<std::int64_t>(*means("17")) == 17);
  CHECK(std::get<std::int64_t>(*means("-17")) == -17);
  CHECK(std::get<std::int64_t>(*means("+17")) == 17);
  CHECK(std::get<std::int64_t>(*means("0x1F")) == 31);
  CHECK(std::get<std::int64_t>(*means("0o17")) == 15);
  CHECK(std::get<double>(*means("1.5")) == 1.5);
  CHECK(std::get<double>(*means(".5")) == 0.5);
  CHECK(std::get<double>(*means("1e3")) == 1000);
  CHECK(std::get<bool>(*means("true")));
  CHECK_FALSE(std::get<bool>(*means("False")));
  CHECK(std::holds_alternative<Null>(*means("~")));
  for (const char* text : {"017", "-017", "00", "08"}) {
    CAPTURE(text);
    CHECK_FALSE(means(text));
  }
  static_assert(std::variant_size_v<Data> == 8);
}
