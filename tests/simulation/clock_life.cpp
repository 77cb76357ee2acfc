#include "tests/simulation/clock_life.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <map>

#include "supervisor/base/units.h"
#include "supervisor/execute/executor.h"
#include "supervisor/plan/advance.h"
#include "supervisor/plan/reconcile.h"
#include "tests/simulation/definitions.h"
#include "tests/simulation/simulated_host.h"

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

struct NamedDefect {
  ClockDefect defect;
  std::string_view name;
};
constexpr std::array kNames{
    NamedDefect{ClockDefect::run_at_start, "run-at-start"},
    NamedDefect{ClockDefect::sleep_over, "sleep-over"},
    NamedDefect{ClockDefect::make_up, "make-up"},
    NamedDefect{ClockDefect::ignore_setting, "ignore-setting"},
    NamedDefect{ClockDefect::run_again, "run-again"},
    NamedDefect{ClockDefect::ignore_window, "ignore-window"},
    NamedDefect{ClockDefect::ignore_opening, "ignore-opening"},
};

// Expressions, and the same as a period of UTC with which 1970 began.
struct Times {
  const char* text;
  Duration period;
};
constexpr std::array kTimes{Times{"minutely", 1min}, Times{"*:0/5", 5min}, Times{"hourly", 1h},
                            Times{"daily UTC", 24h}};

// Of a week that begins on Monday, in minutes; may end in the next week.
struct Opening {
  const char* text;
  std::array<std::int64_t, 2> first;   // begin and length
  std::array<std::int64_t, 2> second;  // of another one; length 0: none
};
constexpr std::int64_t kDay = 24 * 60;
constexpr std::array kOpenings{
    Opening{"Mon 00:00-24:00", {0, kDay}, {0, 0}},
    Opening{"Sun 22:00-02:00 UTC", {6 * kDay + 22 * 60, 4 * 60}, {0, 0}},
    Opening{"Wed,Sat 10:00-10:30", {2 * kDay + 600, 30}, {5 * kDay + 600, 30}},
};

bool known_zone(const std::string&) { return true; }

// What is known of a scheduled container by the model.
struct Job {
  Duration period{};
  std::int64_t seen = 0;  // the number of its last time that has come
  WallTime seen_at{};     // when that was noticed
  bool pending = false;   // a run is asked for, or under way
  bool suspended = false;
  std::uint64_t skipped = 0;  // times that came while a run was pending
};

struct Service {
  const Opening* opening = nullptr;
  bool stop_allowed = false;  // by an operator
};

class ClockLife {
 public:
  ClockLife(std::uint64_t seed, ClockDefect defect, bool trace)
      : random_(seed),
        defect_(defect),
        trace_(trace),
        host_(random_, now_, [this](const Action& action) { check(action); }),
        desired_(empty_desired()) {}

  std::optional<std::string> live() {
    offset_ = std::chrono::seconds(random_.between(1'600'000'000, 1'900'000'000));
    tell_clock();
    define_all();
    const std::int64_t disturbances = random_.between(5, 25);
    for (std::int64_t i = 0; i < disturbances && !problem_; ++i) {
      run_until(now_ + random_.milliseconds(0, random_.chance(80) ? 600'000 : 40'000'000));
      disturb();
    }
    run_until(now_ + 1h);
    return problem_;
  }

 private:
  [[nodiscard]] WallTime wall() const { return WallTime(now_.time_since_epoch() + offset_); }

  void expect(bool good, const std::string& sentence) {
    if (!good && !problem_) problem_ = sentence + " at " + format_rfc3339(wall());
  }
  void trace(const std::string& line) const {
    if (trace_) std::cout << format_rfc3339(wall()) << " " << line << "\n";
  }

  // --- definitions, and what operators and clocks do

  void define_all() {
    for (const char* name : {"job-a", "job-b"}) define_job(name);
    for (const char* name : {"web-a", "web-b"}) define_service(name);
    reconcile_all();
  }

  void put(ContainerSpec spec) {
    SpecPtr& place = desired_.containers[spec.name];
    place = std::make_shared<const ContainerSpec>(std::move(spec));
  }

  void define_job(const std::string& name) {
    const Times& times = random_.pick(kTimes);
    ContainerSpec spec = plain_spec(name);
    spec.type = ContainerType::oneshot;
    spec.schedule = {*parse_calendar(times.text, known_zone)};
    trace(name + " runs " + times.text);
    put(spec);
    Job& job = jobs_[name];
    if (job.period == times.period) return;
    job.period = times.period;
    take_up(job);
  }

  void define_service(const std::string& name) {
    Service& service = services_[name];
    if (service.opening == nullptr) service.opening = &random_.pick(kOpenings);
    ContainerSpec spec = plain_spec(name);
    spec.command = {"run", std::to_string(random_.between(0, 3))};
    if (random_.chance(50)) {
      spec.limits.memory = Bytes{static_cast<std::uint64_t>(random_.between(1, 64)) << 20};
    }
    spec.update.window = {*parse_time_window(service.opening->text, known_zone)};
    trace(name + " has command " + spec.command[1] + ", window " + service.opening->text);
    put(spec);
  }

  void disturb() {
    if (problem_) return;
    const std::string job = random_.chance(50) ? "job-a" : "job-b";
    const std::string service = random_.chance(50) ? "web-a" : "web-b";
    switch (random_.between(0, 5)) {
      case 0: define_job(job); break;
      case 1: define_service(service); break;
      case 2: operate(job); break;
      case 3:
        trace("operator restarts " + service);
        services_[service].stop_allowed = true;
        apply(event::OperatorRestart{service});
        break;
      default: set_clock(); break;
    }
    reconcile_all();
  }

  void operate(const std::string& name) {
    Job& job = jobs_[name];
    if (random_.chance(50)) {
      trace("operator starts " + name);
      if (std::exchange(job.suspended, false)) take_up(job);
      job.pending = true;
      apply(event::OperatorStart{name});
      return;
    }
    trace("operator stops " + name);
    job.suspended = true;
    job.pending = false;
    job.skipped = 0;
    apply(event::OperatorStop{name});
  }

  void set_clock() {
    Duration by = random_.milliseconds(-50'000, 50'000);
    if (random_.chance(30)) by = random_.milliseconds(-4'000'000, 4'000'000);
    if (random_.chance(15)) by = (random_.chance(50) ? 24h : -24h) * 365;
    trace("the clock is set by " + format_duration(by));
    offset_ += by;
    for (auto& [name, job] : jobs_) {
      if (by >= 0ms) continue;
      const bool is_past = job.seen_at != WallTime() && job.seen_at <= wall();
      const bool a_little = job.seen_at > wall() && by >= -1min;
      if (!is_past && !a_little) take_up(job);
    }
    if (defect_ != ClockDefect::ignore_setting) tell_clock();
  }

  void tell_clock() {
    WallClock clock;
    clock.offset = offset_;
    clock.zones[""] = clock.zones["UTC"] = std::make_shared<const ZoneRules>();
    apply(event::WallClockSet{std::make_shared<const WallClock>(clock)});
  }

  // --- the loop

  void apply(const Event& event) {
    if (const auto* exited = std::get_if<event::Exited>(&event)) {
      trace("exited " + exited->container);
      if (jobs_.contains(exited->container)) jobs_[exited->container].pending = false;
    }
    if (const auto* launched = std::get_if<event::Launched>(&event)) {
      const auto service = services_.find(launched->container);
      if (service != services_.end()) service->second.stop_allowed = false;
    }
    observed_ = advance(std::move(observed_), event, now_);
  }

  void reconcile_all() {
    if (problem_) return;
    times_come();
    constexpr int kMostRounds = 40;
    for (int round = 0; round < kMostRounds && !problem_; ++round) {
      Plan plan = defective_plan();
      wake_at_ = plan.wake_at;
      if (defect_ == ClockDefect::sleep_over) wake_at_.reset();
      if (plan.actions.empty() && plan.appointments.empty()) return check_rest();
      observed_ = carry_out(plan, std::move(observed_), host_, records_, now_);
    }
    expect(false, "the plan goes round in circles");
  }

  void run_until(Instant end) {
    constexpr int kMostSteps = 60'000;
    for (int step = 0; step < kMostSteps && !problem_; ++step) {
      Instant next = end;
      if (const auto happens = host_.next_time()) next = std::min(next, *happens);
      if (wake_at_) next = std::min(next, *wake_at_);
      check_sleep(next);
      now_ = std::max(now_, next);
      for (const Event& event : host_.take_due()) apply(event);
      reconcile_all();
      if (now_ >= end) return;
    }
  }

  Plan defective_plan() {
    DesiredState desired = desired_;
    ObservedState seen = observed_;
    const bool windows =
        defect_ == ClockDefect::ignore_window || defect_ == ClockDefect::ignore_opening;
    for (auto& [name, spec] : desired.containers) {
      if (!windows || spec->update.window.empty()) continue;
      ContainerSpec changed = *spec;
      changed.update.window.clear();
      if (defect_ == ClockDefect::ignore_opening) {
        changed.update.window = {*parse_time_window("00:00-24:00 Nowhere/Land", known_zone)};
      }
      spec = std::make_shared<const ContainerSpec>(changed);
    }
    for (auto& [name, container] : seen.containers) {
      if (defect_ == ClockDefect::run_again) container.appointment.last.reset();
    }
    Plan plan = reconcile(desired, seen, now_);
    for (AppointmentChange& change : plan.appointments) {
      const auto before = seen.containers.find(change.container);
      const bool is_new =
          before == seen.containers.end() || before->second.appointment.schedule.empty();
      if (defect_ == ClockDefect::run_at_start && is_new) change.appointment.due = true;
      if (defect_ == ClockDefect::make_up && change.begins) {
        const Appointment& old = before->second.appointment;
        change.appointment.next = next_after(old.schedule[0], *old.next, ZoneRules());
      }
    }
    return plan;
  }

  // --- the model

  [[nodiscard]] std::int64_t number_of(const Job& job) const {
    return wall().time_since_epoch() / job.period;
  }

  // Only later times count.
  void take_up(Job& job) const {
    job.seen = number_of(job);
    job.seen_at = WallTime();
  }

  void times_come() {
    for (auto& [name, job] : jobs_) {
      if (job.suspended || number_of(job) <= job.seen) continue;
      job.seen = number_of(job);
      job.seen_at = wall();
      trace("a time of " + name + (job.pending ? " comes too soon" : " has come"));
      if (job.pending) ++job.skipped;
      job.pending = true;
    }
  }

  // No time may lie between two steps: the loop would have had to wake for it.
  void check_sleep(Instant next) {
    for (const auto& [name, job] : jobs_) {
      if (job.suspended) continue;
      const WallTime comes(job.period * (job.seen + 1));
      const Instant at(comes.time_since_epoch() - offset_);
      expect(at >= next || at <= now_, "a time of " + name + " is slept over");
    }
  }

  [[nodiscard]] bool is_open(const Opening& opening) const {
    const std::int64_t minutes =
        std::chrono::floor<std::chrono::minutes>(wall().time_since_epoch()).count();
    constexpr std::int64_t kWeek = 7 * kDay;
    const std::int64_t of_week = (minutes + 3 * kDay) % kWeek;  // 1970 began on a Thursday
    return std::ranges::any_of(std::array{opening.first, opening.second}, [&](const auto& one) {
      return (of_week - one[0] + kWeek) % kWeek < one[1];
    });
  }

  void check(const Action& action) {
    trace("  " + std::string(berth::name_of(action.deed)) + " " + action.subject + " (" +
          action.reason + ")");
    const bool starts = std::holds_alternative<action::Launch>(action.deed) ||
                        std::holds_alternative<action::CreateSandbox>(action.deed);
    const auto job = jobs_.find(action.subject);
    if (job != jobs_.end() && starts) {
      expect(job->second.pending, action.subject + " is started, but no time has come");
    }
    const auto service = services_.find(action.subject);
    if (service == services_.end() || !std::holds_alternative<action::Stop>(action.deed)) return;
    expect(service->second.stop_allowed || is_open(*service->second.opening),
           action.subject + " is stopped outside of its window");
  }

  [[nodiscard]] bool is_quiet(const std::string& name) const {
    const ObservedContainer& seen = observed_.containers.at(name);
    return !seen.busy && !seen.checking && !seen.stop_sent_at && (seen.running() || !seen.remains);
  }

  // When nothing is left to do: what is due runs, and what may be renewed is.
  void check_rest() {
    const auto network = observed_.networks.find("default");
    if (network == observed_.networks.end() || network->second.busy) return;
    for (const auto& [name, job] : jobs_) {
      if (!observed_.containers.contains(name) || !is_quiet(name)) continue;
      const ObservedContainer& seen = observed_.containers.at(name);
      expect(job.suspended || seen.appointment.skipped == job.skipped,
             name + " has skipped another number of times");
      expect(seen.alive() || !job.pending, name + " is due, and is not started");
    }
    for (const auto& [name, service] : services_) {
      if (!observed_.containers.contains(name) || !is_quiet(name)) continue;
      const ObservedContainer& seen = observed_.containers.at(name);
      const ContainerSpec& wanted = *desired_.containers.at(name);
      if (!seen.running()) continue;
      expect(seen.spec->limits.memory == wanted.limits.memory,
             name + " waits with a change that applies live");
      expect(seen.spec->command == wanted.command || !is_open(*service.opening),
             name + " keeps its old definition in an open window");
    }
  }

  Random random_;
  ClockDefect defect_;
  bool trace_;
  Instant now_ = Instant() + 1000h;
  Duration offset_{};
  SimulatedHost host_;
  NoRecords records_;
  DesiredState desired_;
  ObservedState observed_;
  std::optional<Instant> wake_at_;
  std::map<std::string, Job> jobs_;
  std::map<std::string, Service> services_;
  std::optional<std::string> problem_;
};

}  // namespace

std::span<const ClockDefect> all_clock_defects() {
  static const auto kDefects = [] {
    std::array<ClockDefect, kNames.size()> defects{};
    std::ranges::transform(kNames, defects.begin(), &NamedDefect::defect);
    return defects;
  }();
  return kDefects;
}

std::string_view name_of(ClockDefect defect) {
  const auto* found = std::ranges::find(kNames, defect, &NamedDefect::defect);
  return found == kNames.end() ? "none" : found->name;
}

std::optional<std::string> run_clock_seed(std::uint64_t seed, ClockDefect defect, bool trace) {
  return ClockLife(seed, defect, trace).live();
}

}  // namespace berth::simulation
