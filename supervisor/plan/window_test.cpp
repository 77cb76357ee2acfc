#include "supervisor/plan/window.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/test_stage.h"

namespace berth {
namespace {

WallTime utc(const CivilTime& time) { return WallTime{std::chrono::seconds(seconds_of(time))}; }

TimeWindow window(const std::string& text) {
  return *parse_time_window(text, [](const std::string&) { return true; });
}

// Thursday noon in UTC; web runs, and may be restarted on Sundays.
struct WindowStage : Stage {
  WindowStage() {
    set_clock({2026, 11, 26, 12});
    ContainerSpec spec = service("web");
    spec.update.window = {window("Sun 02:00-04:00")};
    define(spec);
    settle();
  }
  void set_clock(const CivilTime& time) {
    WallClock clock;
    clock.offset = utc(time).time_since_epoch() - now.time_since_epoch();
    clock.zones[""] = clock.zones["UTC"] = std::make_shared<const ZoneRules>();
    tell(event::WallClockSet{std::make_shared<const WallClock>(clock)});
  }
  std::string wakes() {
    const auto wake = wake_at();
    return wake ? format_rfc3339(observed.wall->at(*wake)).substr(5, 14) : "never";
  }
  std::string waiting() {
    const auto all = waits(desired, observed, now);
    return all.contains("web") ? all.at("web") : "";
  }
};

void use_other_command(ContainerSpec& spec) { spec.command = {"other"}; }

const char* const kRestart = "stop web; clean-up web; launch web";

TEST_CASE("A changed definition that asks for a restart waits for the window") {
  WindowStage stage;
  stage.edit("web", use_other_command);
  CHECK(stage.settle() == "");
  CHECK(stage.waiting() ==
        "keeps its old definition: waits for its update window, Sun 02:00-04:00 (in 3 days)");
  CHECK(stage.wakes() == "11-29T02:00:00");
  stage.now = *stage.wake_at();
  CHECK(stage.waiting().empty());
  CHECK(stage.settle() == kRestart);
  CHECK(stage.of("web").spec->command == std::vector<std::string>{"other"});
}

TEST_CASE("In an open window a change is made at once") {
  WindowStage stage;
  stage.set_clock({2026, 11, 29, 3, 59, 59});
  stage.edit("web", use_other_command);
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("Live changes do not wait, not even beside one that does") {
  WindowStage stage;
  stage.edit("web", [](ContainerSpec& spec) {
    use_other_command(spec);
    spec.limits.memory = Bytes{64 << 20};
  });
  CHECK(stage.settle() == "update web");
  CHECK(stage.of("web").spec->limits.memory == Bytes{64 << 20});
  CHECK(stage.of("web").spec->command == std::vector<std::string>{"run"});
  CHECK(!stage.waiting().empty());
  CHECK(stage.wakes() == "11-29T02:00:00");
}

TEST_CASE("An operator's restart is not held back, and takes the new definition") {
  WindowStage stage;
  stage.edit("web", use_other_command);
  stage.settle();
  stage.tell(event::OperatorRestart{"web"});
  CHECK(stage.settle() == kRestart);
  CHECK(stage.of("web").spec->command == std::vector<std::string>{"other"});
}

TEST_CASE("A container that is down is started by its new definition at once") {
  WindowStage stage;
  stage.edit("web", use_other_command);
  stage.settle();
  stage.exit("web", 1);
  stage.settle();
  stage.now += 1min;
  stage.settle();
  CHECK(stage.of("web").running());
  CHECK(stage.of("web").spec->command == std::vector<std::string>{"other"});
}

TEST_CASE("The next of several windows opens, also one over midnight") {
  WindowStage stage;
  stage.edit("web", [](ContainerSpec& spec) {
    use_other_command(spec);
    spec.update.window = {window("Sun 02:00-04:00"), window("Thu,Fri 23:00-01:00 UTC")};
  });
  stage.settle();
  CHECK(stage.waiting().ends_with("Thu,Fri 23:00-01:00 UTC (in 11 hours)"));
  stage.set_clock({2026, 11, 28, 0, 30});
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("A removed definition and an operator's stop do not wait") {
  WindowStage stage;
  stage.edit("web", use_other_command);
  stage.settle();
  stage.tell(event::OperatorStop{"web"});
  CHECK(stage.settle() == "stop web; clean-up web; remove-sandbox web");
  WindowStage other;
  other.remove("web");
  CHECK(other.settle() == "stop web; clean-up web; remove-sandbox web; remove-root web");
}

TEST_CASE("A change that is taken back waits no more") {
  WindowStage stage;
  const ContainerSpec before = *stage.desired.containers.at("web");
  stage.edit("web", use_other_command);
  stage.settle();
  stage.define(before);
  CHECK(stage.settle() == "");
  CHECK(stage.waiting().empty());
  CHECK(stage.wakes() == "never");
}

TEST_CASE("A forecast leaves out what waits for a window, in a clock that stands") {
  WindowStage stage;
  stage.edit("web", use_other_command);
  CHECK(forecast(stage.desired, stage.observed, stage.now).empty());
  stage.set_clock({2026, 11, 29, 3});
  CHECK(forecast(stage.desired, stage.observed, stage.now).size() == 4);
}

TEST_CASE("Without a clock every window is closed") {
  WindowStage stage;
  stage.observed.wall = nullptr;
  stage.edit("web", use_other_command);
  CHECK(stage.settle() == "");
  CHECK(stage.waiting() ==
        "keeps its old definition: waits for its update window, Sun 02:00-04:00");
}

}  // namespace
}  // namespace berth
