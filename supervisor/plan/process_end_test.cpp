#include "supervisor/plan/process_end.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

using planning::machine_end;
using planning::MachineEnd;

constexpr int kHangUp = 1;
constexpr int kInterrupt = 2;
constexpr int kKill = 9;

ContainerSpec machine(const std::string& name, RestartPolicy policy = RestartPolicy::on_failure) {
  ContainerSpec spec = service(name);
  spec.type = ContainerType::system;
  spec.restart.policy = policy;
  return spec;
}

ExitStatus by_signal(int number) { return {ExitStatus::Kind::signaled, number, false}; }

void end_by_signal(Stage& stage, const std::string& name, int number) {
  stage.tell(event::Exited{name, stage.of(name).launch_id, by_signal(number)});
}

}  // namespace

TEST_CASE("reboot(2) is told by the signals that the kernel names, in system containers alone") {
  CHECK(machine_end(machine("m"), by_signal(kHangUp)) == MachineEnd::reboot);
  CHECK(machine_end(machine("m"), by_signal(kInterrupt)) == MachineEnd::power_off);
  CHECK(machine_end(machine("m"), by_signal(kKill)) == MachineEnd::none);
  CHECK(machine_end(machine("m"), {ExitStatus::Kind::exited, kHangUp, false}) == MachineEnd::none);
  CHECK(machine_end(service("web"), by_signal(kHangUp)) == MachineEnd::none);
  CHECK(machine_end(oneshot("job"), by_signal(kInterrupt)) == MachineEnd::none);
}

TEST_CASE("a system container that reboots begins anew, whatever its policy") {
  for (const RestartPolicy policy : {RestartPolicy::no, RestartPolicy::on_failure,
                                     RestartPolicy::always, RestartPolicy::unless_stopped}) {
    Stage stage;
    stage.define(machine("m", policy));
    stage.settle();
    CHECK(stage.of("m").phase == Phase::ready);
    end_by_signal(stage, "m", kHangUp);
    CHECK(stage.of("m").phase == Phase::stopped);
    CHECK(stage.of("m").error.empty());
    CHECK(stage.settle() == "clean-up m");
    CHECK(stage.wake_at() == stage.now + 100ms);
    stage.now += 100ms;
    CHECK(stage.turn() == "launch m");
    CHECK(stage.last_reason() == "it rebooted");
  }
}

TEST_CASE("reboots are not counted as failures, and forgive none") {
  Stage stage;
  stage.define(machine("m"));
  stage.settle();
  stage.exit("m", 1);
  stage.now += 1s;
  for (int i = 0; i < 20; ++i) {
    stage.settle();
    end_by_signal(stage, "m", kHangUp);
    stage.now += 1s;
  }
  stage.settle();
  CHECK(stage.of("m").phase == Phase::ready);
  CHECK(stage.of("m").attempts == 1);
  CHECK(stage.of("m").failures.size() == 1);
}

TEST_CASE("a reboot waits for a moment even where restarts do not") {
  Stage stage;
  ContainerSpec spec = machine("m");
  spec.restart.delay = 0ms;
  stage.define(spec);
  stage.settle();
  end_by_signal(stage, "m", kHangUp);
  CHECK(stage.settle() == "clean-up m");
  CHECK(stage.wake_at() == stage.now + 100ms);
}

TEST_CASE("a system container that powers off has ended well") {
  for (const RestartPolicy policy : {RestartPolicy::no, RestartPolicy::on_failure}) {
    Stage stage;
    stage.define(machine("m", policy));
    stage.settle();
    end_by_signal(stage, "m", kInterrupt);
    CHECK(stage.of("m").phase == Phase::stopped);
    CHECK(stage.of("m").error.empty());
    CHECK(stage.settle() == "clean-up m; remove-sandbox m");
    CHECK_FALSE(stage.wake_at());
  }
  Stage stage;
  stage.define(machine("m", RestartPolicy::always));
  stage.settle();
  end_by_signal(stage, "m", kInterrupt);
  CHECK(stage.of("m").phase == Phase::backing_off);
  CHECK(stage.of("m").error == "it powered itself off");
}

TEST_CASE("an init that dies otherwise has failed") {
  Stage stage;
  stage.define(machine("m"));
  stage.settle();
  end_by_signal(stage, "m", kKill);
  CHECK(stage.of("m").phase == Phase::backing_off);
  stage.settle();
  stage.now += 1s;
  stage.settle();
  stage.exit("m", 1);
  CHECK(stage.of("m").attempts == 2);
}

TEST_CASE("a system container that is stopped stays down, whatever its init does with the signal") {
  for (const int number : {kHangUp, kInterrupt, kKill}) {
    Stage stage;
    stage.define(machine("m", RestartPolicy::always));
    stage.settle();
    stage.tell(event::OperatorStop{"m"});
    CHECK(stage.turn() == "stop m");
    end_by_signal(stage, "m", number);
    CHECK(stage.of("m").phase == Phase::stopped);
    CHECK(stage.settle() == "clean-up m; remove-sandbox m");
    CHECK_FALSE(stage.wake_at());
  }
}

TEST_CASE("a system container is asked for its health like a service") {
  Stage stage;
  ContainerSpec spec = machine("m");
  spec.healthcheck.notify = true;
  stage.define(spec);
  stage.settle();
  CHECK(stage.of("m").phase == Phase::starting);
  stage.tell(event::Notified{"m", stage.of("m").launch_id, true, ""});
  CHECK(stage.of("m").phase == Phase::ready);
}

}  // namespace berth
