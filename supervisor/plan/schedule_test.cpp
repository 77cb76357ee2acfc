#include "supervisor/plan/schedule.h"

#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/test_stage.h"

namespace berth {
namespace {

WallTime utc(const CivilTime& time) { return WallTime{std::chrono::seconds(seconds_of(time))}; }

Calendar calendar(const std::string& text) {
  return *parse_calendar(text, [](const std::string&) { return true; });
}

ContainerSpec scheduled(const std::string& name, const std::string& when) {
  ContainerSpec spec = oneshot(name);
  spec.schedule = {calendar(when)};
  return spec;
}

// A stage whose clocks show a time, in UTC.
struct ClockStage : Stage {
  explicit ClockStage(const CivilTime& time) { set_clock(time); }
  void set_clock(const CivilTime& time) {
    WallClock clock;
    clock.offset = utc(time).time_since_epoch() - now.time_since_epoch();
    clock.zones[""] = clock.zones["UTC"] = std::make_shared<const ZoneRules>();
    tell(event::WallClockSet{std::make_shared<const WallClock>(clock)});
  }
  // Goes on to the next instant at which the plan asks to be made again.
  std::string sleep() {
    static_cast<void>(plan());
    const auto wake = wake_at();
    if (!wake) return "nothing wakes it";
    now = *wake;
    return format_rfc3339(observed.wall->at(now)).substr(5, 14);
  }
};

bool starts_job(const std::string& deeds) { return deeds.ends_with("launch job"); }

TEST_CASE("A scheduled oneshot starts at its times, not at the start") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "02:00"));
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "11-24T02:00:00");
  CHECK(starts_job(stage.settle()));
  CHECK(stage.last_reason() == "its schedule");
  stage.exit("job", 0);
  CHECK(stage.settle() == "clean-up job; remove-sandbox job");
  CHECK(stage.of("job").completed);
  CHECK(stage.sleep() == "11-25T02:00:00");
  CHECK(starts_job(stage.settle()));
}

TEST_CASE("The earliest of several times is next") {
  ClockStage stage({2026, 11, 23, 12});
  ContainerSpec spec = scheduled("job", "02:00");
  spec.schedule.push_back(calendar("*-*-* 18:30 UTC"));
  stage.define(spec);
  stage.settle();
  CHECK(stage.sleep() == "11-23T18:30:00");
}

TEST_CASE("A time that comes while a run is under way is skipped, and counted") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  CHECK(stage.sleep() == "11-23T13:00:00");
  CHECK(starts_job(stage.settle()));
  CHECK(stage.sleep() == "11-23T14:00:00");
  CHECK(stage.settle() == "");
  CHECK(stage.of("job").appointment.skipped == 1);
  CHECK(stage.sleep() == "11-23T15:00:00");
  stage.exit("job", 0);
  CHECK(stage.settle() == "clean-up job; launch job");
}

TEST_CASE("A run that failed for good does not end the schedule") {
  ClockStage stage({2026, 11, 23, 12});
  ContainerSpec spec = scheduled("job", "hourly");
  spec.restart.policy = RestartPolicy::no;
  stage.define(spec);
  stage.settle();
  stage.sleep();
  stage.settle();
  stage.exit("job", 3);
  stage.settle();
  CHECK(stage.of("job").phase == Phase::failed);
  CHECK(stage.sleep() == "11-23T14:00:00");
  CHECK(starts_job(stage.settle()));
}

TEST_CASE("A failed run is tried again by the restart policy before the next time") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  stage.sleep();
  stage.settle();
  stage.exit("job", 3);
  stage.settle();
  CHECK(stage.of("job").phase == Phase::backing_off);
  CHECK(stage.sleep() == "11-23T13:00:00");
  CHECK(starts_job(stage.settle()));
}

TEST_CASE("An operator runs it at once, and a stop suspends its times") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  stage.tell(event::OperatorStart{"job"});
  CHECK(starts_job(stage.settle()));
  CHECK(stage.last_reason() == "operator");
  stage.exit("job", 0);
  stage.settle();
  CHECK(stage.sleep() == "11-23T13:00:00");
  stage.tell(event::OperatorStop{"job"});
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "nothing wakes it");
  CHECK(!stage.of("job").appointment.next);
}

TEST_CASE("Without autostart its times are suspended until an operator starts it") {
  ClockStage stage({2026, 11, 23, 12});
  ContainerSpec spec = scheduled("job", "hourly");
  spec.autostart = false;
  stage.define(spec);
  stage.settle();
  CHECK(stage.sleep() == "nothing wakes it");
  stage.tell(event::OperatorStart{"job"});
  CHECK(starts_job(stage.settle()));
  stage.exit("job", 0);
  stage.settle();
  CHECK(stage.sleep() == "11-23T13:00:00");
}

TEST_CASE("A clock that jumps a year ahead starts it once") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "minutely"));
  stage.settle();
  stage.set_clock({2027, 11, 23, 12, 0, 30});
  CHECK(starts_job(stage.settle()));
  stage.exit("job", 0);
  CHECK(stage.settle() == "clean-up job; remove-sandbox job");
  CHECK(stage.of("job").appointment.skipped == 0);
  CHECK(stage.sleep() == "11-23T12:01:00");
}

TEST_CASE("A clock that is set back a year does not stop it for a year") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  stage.set_clock({2025, 11, 23, 12, 30});
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "11-23T13:00:00");
  CHECK(starts_job(stage.settle()));
}

TEST_CASE("A clock that is set back a little does not repeat a time") {
  ClockStage stage({2026, 11, 23, 12, 59, 59});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  CHECK(stage.sleep() == "11-23T13:00:00");
  stage.settle();
  stage.exit("job", 0);
  stage.settle();
  stage.set_clock({2026, 11, 23, 12, 59, 58});
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "11-23T14:00:00");
  stage.now += 30min;
  stage.set_clock({2026, 11, 23, 12, 59, 50});
  CHECK(stage.sleep() == "11-23T13:00:00");
}

TEST_CASE("Another schedule is taken up without a start") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly"));
  stage.settle();
  stage.edit("job", [](ContainerSpec& spec) {
    spec.schedule = {calendar("18:00")};
    spec.command = {"other"};
  });
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "11-23T18:00:00");
  stage.settle();
  CHECK(stage.of("job").spec->command == std::vector<std::string>{"other"});
}

TEST_CASE("A run waits for its dependencies, and who depends on it for a run") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(needing(scheduled("job", "hourly"), "db"));
  stage.define(service("db"));
  stage.define(needing(service("web"), "job", DependencyCondition::completed));
  CHECK(stage.settle() == "create-network default; create-sandbox db; launch db");
  CHECK(waits(stage.desired, stage.observed).at("web") == "waits for job to be completed");
  stage.sleep();
  CHECK(starts_job(stage.settle()));
  stage.exit("job", 0);
  CHECK(stage.settle() == "clean-up job; create-sandbox web; remove-sandbox job; launch web");
}

TEST_CASE("Without a clock, or without the rules of its zone, it waits") {
  Stage blind;
  blind.define(scheduled("job", "hourly"));
  CHECK(blind.settle() == "");
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "hourly Nowhere/Land"));
  CHECK(stage.settle() == "");
  CHECK(stage.sleep() == "nothing wakes it");
}

TEST_CASE("A schedule that has no time left wakes nobody") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "2026-11-24"));
  stage.settle();
  CHECK(stage.sleep() == "11-24T00:00:00");
  stage.settle();
  stage.exit("job", 0);
  stage.settle();
  CHECK(stage.sleep() == "nothing wakes it");
}

TEST_CASE("A forecast ends although a schedule never does") {
  ClockStage stage({2026, 11, 23, 12});
  stage.define(scheduled("job", "minutely"));
  stage.define(service("web"));
  std::string deeds;
  for (const Action& action : forecast(stage.desired, stage.observed, stage.now)) {
    deeds += std::string(name_of(action.deed)) + " " + action.subject + "; ";
  }
  CHECK(deeds.find("launch web") != std::string::npos);
  CHECK(deeds.find("job") == std::string::npos);
}

}  // namespace
}  // namespace berth
