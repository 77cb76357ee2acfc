// The pure parts of the commands: tables, log lines, carets, plan lines, waiting.
#include <algorithm>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/mman.h>

#include "supervisor/cli/command.h"
#include "supervisor/cli/log_files.h"
#include "supervisor/cli/log_line.h"
#include "supervisor/cli/options.h"
#include "supervisor/cli/source_line.h"
#include "supervisor/cli/table.h"
#include "supervisor/cli/waiting.h"
#include "supervisor/cli/words.h"

using namespace berth;
using namespace berth::cli;
using berth::control::ContainerStatus;

namespace {

const Terminal kPipe{};

// An anonymous file with this content.
unique_fd file_of(std::string_view content) {
  unique_fd fd(::memfd_create("log", MFD_CLOEXEC));
  REQUIRE(::write(fd.get(), content.data(), content.size()) ==
          static_cast<ssize_t>(content.size()));
  return fd;
}

ContainerStatus at(const std::string& phase, std::uint64_t launch, bool running) {
  ContainerStatus status;
  status.type = "service";
  status.phase = phase;
  status.launch = launch;
  if (running) status.pid = 100;
  return status;
}

Verdict::Kind kind(Goal goal, const ContainerStatus& before, const ContainerStatus& now,
                   bool moved = true) {
  return judge(goal, Watched{before, moved}, now).kind;
}

constexpr auto kNotYet = Verdict::Kind::not_yet;
constexpr auto kReached = Verdict::Kind::reached;
constexpr auto kMissed = Verdict::Kind::missed;

}  // namespace

TEST_CASE("a table's columns are aligned and no line ends in spaces") {
  const std::vector<Row> rows{{{{"web"}, {"ready"}, {"10.88.0.2"}}, ""},
                              {{{"database"}, {"failed"}, {""}}, "exit code 1"}};
  CHECK(render({"NAME", "PHASE", "ADDRESSES"}, rows, kPipe) ==
        "NAME      PHASE   ADDRESSES\n"
        "web       ready   10.88.0.2\n"
        "database  failed\n"
        "  exit code 1\n");
}

TEST_CASE("a column without any value is left out") {
  CHECK(render({"NAME", "PORTS", "PHASE"}, {{{{"web"}, {""}, {"ready"}}, ""}}, kPipe) ==
        "NAME  PHASE\nweb   ready\n");
}

TEST_CASE("a table is cut to the terminal's width, and widths count characters, not bytes") {
  const Terminal narrow{true, false, 12};
  const std::string table =
      render({"NAME", "PHASE"}, {{{{"wäb"}, {"backing-off"}}, "a long error"}}, narrow);
  CHECK(table == "NAME  PHASE\nwäb   backi…\n  a long er…\n");
}

TEST_CASE("colours are painted only where they are shown, and do not disturb widths") {
  const Terminal colours{true, true, 80};
  const std::string table = render({"NAME", "X"}, {{{{"web", Colour::green}, {"y"}}, ""}}, colours);
  CHECK(table == "\x1b[1mNAME\x1b[0m  \x1b[1mX\x1b[0m\n\x1b[32mweb\x1b[0m   y\n");
  CHECK(render({"NAME"}, {{{{"web", Colour::green}}, ""}}, kPipe) == "NAME\nweb\n");
}

TEST_CASE("control characters of a cell cannot reach the terminal") {
  CHECK(escaped("a\x1b[31m\x07\n\t\x7f\xc2\x9b"
                "b") ==
        "a\\x1b[31m\\x07\\n\\t\\x7f\\xc2\\x9b"
        "b");
  CHECK(escaped("a\tb", true) == "a\tb");
  CHECK(escaped("grün …") == "grün …");
  CHECK(render({"N"}, {{{{"\x1b[2J"}}, "\x1b[H"}}, kPipe).find('\x1b') == std::string::npos);
}

TEST_CASE("durations are shown in their two largest units") {
  CHECK(short_duration(0) == "0s");
  CHECK(short_duration(59) == "59s");
  CHECK(short_duration(200) == "3m20s");
  CHECK(short_duration(7200) == "2h");
  CHECK(short_duration(356400) == "4d3h");
}

TEST_CASE("a CRI line is taken apart") {
  const auto line = parse_log_line("2026-01-02T03:04:05.678901234Z stderr F two  words ");
  REQUIRE(line);
  CHECK(line->time == "2026-01-02T03:04:05.678901234Z");
  CHECK(line->stream == "stderr");
  CHECK_FALSE(line->partial);
  CHECK(line->text == "two  words ");
  CHECK(parse_log_line("2026-01-02T03:04:05.678901234Z stdout P half")->partial);
  CHECK(parse_log_line("2026-01-02T03:04:05.678901234Z stdout F")->text.empty());
}

TEST_CASE("what is no CRI line is passed over") {
  for (const char* text : {"", "x", "panic: at the disco", "2026-01-02T03:04:05Z stdlog F x",
                           "2026-01-02T03:04:05Z stdout X x", "2026 stdout F x"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_log_line(text));
  }
}

TEST_CASE("the last lines of a file are found from its end, whatever its size") {
  std::string content;
  std::vector<std::size_t> begins;
  for (int i = 0; i < 20000; ++i) {
    begins.push_back(content.size());
    content += "line " + std::to_string(i) + "\n";
  }
  const unique_fd fd = file_of(content);
  const auto all = [](std::string_view) { return true; };
  for (const std::size_t count : {1u, 2u, 10u, 6000u, 19999u, 20000u}) {
    const auto tail = find_tail(fd.get(), count, all);
    REQUIRE(tail);
    CHECK(tail->lines == count);
    CHECK(tail->offset == begins[begins.size() - count]);
  }
  CHECK(find_tail(fd.get(), 30000, all)->lines == 20000);
  CHECK(find_tail(fd.get(), 30000, all)->offset == 0);
  CHECK(find_tail(fd.get(), 0, all)->offset == content.size());
}

TEST_CASE("only lines that count are counted") {
  const unique_fd fd = file_of("a\nb\na\nb\nb\n");
  const auto tail = find_tail(fd.get(), 2, [](std::string_view line) { return line == "a"; });
  REQUIRE(tail);
  CHECK(tail->lines == 2);
  CHECK(tail->offset == 0);
  CHECK(find_tail(fd.get(), 1, [](std::string_view line) { return line == "a"; })->offset == 4);
}

TEST_CASE("a line that is not whole yet is kept until it is") {
  const unique_fd fd = file_of("one\ntw");
  LineReader reader(fd.get());
  std::vector<std::string> lines;
  const auto use = [&](std::string_view line) { lines.emplace_back(line); };
  CHECK(reader.read(use));
  CHECK(lines == std::vector<std::string>{"one"});
  REQUIRE(::write(fd.get(), "o\nthree\n", 8) == 8);
  CHECK(reader.read(use));
  CHECK(lines == std::vector<std::string>{"one", "two", "three"});
}

TEST_CASE("a caret stands below the place, tabs and wide text notwithstanding") {
  const Diagnostic bad{Severity::error, {"web.toml", 2, 8}, "comand", "unknown key", "command", ""};
  CHECK(render_diagnostic(bad, "type = 1\n\tcömand = \x1b\n", kPipe) ==
        "web.toml:2:8: error: comand: unknown key (command)\n"
        "    2 |  cömand = \\x1b\n"
        "      |        ^\n");
}

TEST_CASE("a diagnostic without a place, or beyond the file, has no source line") {
  const Diagnostic whole{Severity::warning, {"web.toml", 0, 0}, "", "is empty", "", ""};
  CHECK(render_diagnostic(whole, "x\n", kPipe) == "web.toml: warning: is empty\n");
  const Diagnostic beyond{Severity::error, {"web.toml", 9, 1}, "", "ends early", "", ""};
  CHECK(render_diagnostic(beyond, "x\n", kPipe) == "web.toml:9:1: error: ends early\n");
}

TEST_CASE("start is done when the service is ready, also when it was before") {
  CHECK(kind(Goal::up, at("stopped", 1, false), at("creating", 1, false)) == kNotYet);
  CHECK(kind(Goal::up, at("stopped", 1, false), at("starting", 2, true)) == kNotYet);
  CHECK(kind(Goal::up, at("stopped", 1, false), at("ready", 2, true)) == kReached);
  CHECK(kind(Goal::up, at("ready", 1, true), at("ready", 1, true), false) == kReached);
}

TEST_CASE("restart is done only with a new run") {
  CHECK(kind(Goal::up_again, at("ready", 1, true), at("ready", 1, true), false) == kNotYet);
  CHECK(kind(Goal::up_again, at("ready", 1, true), at("stopped", 1, false)) == kNotYet);
  CHECK(kind(Goal::up_again, at("ready", 1, true), at("ready", 2, true)) == kReached);
}

TEST_CASE("a failure of the past is not the answer to a start, a new one is") {
  CHECK(kind(Goal::up, at("failed", 3, false), at("failed", 3, false), false) == kNotYet);
  CHECK(kind(Goal::up, at("failed", 3, false), at("failed", 4, false)) == kMissed);
  CHECK(kind(Goal::up, at("failed", 3, false), at("failed", 3, false), true) == kMissed);
  ContainerStatus failed = at("failed", 4, false);
  failed.error = "exit code 1";
  CHECK(judge(Goal::up, Watched{at("stopped", 3, false), true}, failed).why ==
        "failed: exit code 1");
}

TEST_CASE("a oneshot is up when this run of it completed") {
  ContainerStatus before = at("stopped", 1, false);
  before.type = "oneshot";
  before.completed = true;
  ContainerStatus now = before;
  CHECK(kind(Goal::up, before, now, false) == kNotYet);
  now.launch = 2;
  CHECK(kind(Goal::up, before, now) == kReached);
  now.completed = false;
  CHECK(kind(Goal::up, before, now) == kMissed);
}

TEST_CASE("stop is done when there is no process, or nothing is known any more") {
  CHECK(kind(Goal::down, at("ready", 1, true), at("stopping", 1, true)) == kNotYet);
  CHECK(kind(Goal::down, at("ready", 1, true), at("stopped", 1, false)) == kReached);
  CHECK(judge(Goal::down, Watched{}, std::nullopt).kind == kReached);
  CHECK(judge(Goal::up, Watched{}, std::nullopt).kind == kMissed);
}

TEST_CASE("-o json may stand before the command as well as after it") {
  bool json = false;
  const std::vector<Declaration> commands{
      {"ps", "lists", [&](Options& options) { options.output(json); }},
      {"silent", "says nothing", [](Options&) {}}};
  const auto parse = [&](std::vector<const char*> words) {
    json = false;
    words.insert(words.begin(), "berth");
    return parse_command_line(static_cast<int>(words.size()), words.data(), commands);
  };
  CHECK(parse({"-o", "json", "ps"}).chosen == 0);
  CHECK(json);
  CHECK(parse({"ps", "-o", "json"}).chosen == 0);
  CHECK(json);
  CHECK(parse({"-o", "text", "ps"}).chosen == 0);
  CHECK_FALSE(json);
  CHECK(parse({"-o", "json", "silent"}).text == "berth: silent takes no --output\n");
  CHECK(parse({"-o", "xml", "ps"}).exit_code == kUsage);
}

TEST_CASE("an argument that is missing is told with what it may be") {
  std::string kind;
  const std::vector<Declaration> commands{{"schema", "prints", [&](Options& options) {
                                             options.argument("KIND", kind, true,
                                                              "container, network or host");
                                           }}};
  const char* const words[] = {"berth", "schema"};
  const Parsed parsed = parse_command_line(2, words, commands);
  CHECK(parsed.exit_code == kUsage);
  CHECK(parsed.text.starts_with("berth: schema needs KIND: container, network or host\n"));
}

TEST_CASE("a number that is none, or less than nothing, is told as it was written") {
  std::optional<std::int64_t> lines;
  const std::vector<Declaration> commands{
      {"logs", "shows", [&](Options& options) { options.option("-n", lines, "lines"); }}};
  for (const char* wrong : {"-3", "x", "1.5", "", "99999999999999999999"}) {
    CAPTURE(wrong);
    const char* const words[] = {"berth", "logs", "-n", wrong};
    const Parsed parsed = parse_command_line(4, words, commands);
    CHECK(parsed.exit_code == kUsage);
    CHECK(parsed.text.find("is not a whole number of 0 or more") != std::string::npos);
  }
  const char* const right[] = {"berth", "logs", "-n", "12"};
  CHECK(parse_command_line(4, right, commands).chosen == 0);
  CHECK(lines == 12);
}

TEST_CASE("a container without logs is said to have never started, and why") {
  ContainerStatus status = at("absent", 0, false);
  CHECK(never_started(status) == ": it was never started");
  status.waiting = "waits for db to be ready";
  CHECK(never_started(status) == ": it was never started: waits for db to be ready");
  status.error = "cannot mount /srv on /data";
  CHECK(never_started(status) == ": it was never started: cannot mount /srv on /data");
  status.masked = "/etc/berth/containers/web.toml";
  CHECK(never_started(status) ==
        ": it was never started: it is masked by /etc/berth/containers/web.toml");
  CHECK(never_started(at("stopped", 3, false)) == ": they are gone");
}
