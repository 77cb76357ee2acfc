#include "supervisor/plan/forecast.h"

#include <deque>
#include <utility>

#include "supervisor/plan/advance.h"
#include "supervisor/plan/reconcile.h"

namespace berth {

namespace {

// Answers each action at once, and ends what is stopped and what is a oneshot.
class IdealHost {
 public:
  explicit IdealHost(ObservedState observed) : observed_(std::move(observed)) { finish_begun(); }

  void carry_out(const Action& action, Instant now) {
    apply(event::Submitted{action}, now);
    subject_ = &action.subject;
    std::visit([this](const auto& deed) { answer(deed); }, action.deed);
  }

  void turn(Instant now) {
    while (!answers_.empty()) {
      const Event event = std::move(answers_.front());
      answers_.pop_front();
      apply(event, now);
    }
    rest_probes();
  }

  void remember(const std::vector<AppointmentChange>& appointments, Instant now) {
    for (const AppointmentChange& change : appointments) apply(event::Appointed{change}, now);
  }

  [[nodiscard]] const ObservedState& observed() const { return observed_; }
  [[nodiscard]] ObservedState take() && { return std::move(observed_); }

 private:
  void apply(const Event& event, Instant now) {
    observed_ = advance(std::move(observed_), event, now);
  }

  // A container that is healthy stays so: it need not be probed again.
  void rest_probes() {
    for (auto& [name, container] : observed_.containers) {
      if (container.health == Health::healthy) container.next_probe.reset();
    }
  }

  // What was under way before succeeds, too.
  void finish_begun() {
    for (const auto& [name, network] : observed_.networks) {
      if (network.presence == Presence::creating) answers_.push_back(event::NetworkReady{name});
      if (network.presence == Presence::removing) answers_.push_back(event::NetworkGone{name});
    }
    for (auto& [name, container] : observed_.containers) {
      finish_begun(name, container);
      container.probing = false;
      if (container.checking) answers_.push_back(event::Checked{name, container.checking});
      if (container.health == Health::starting) container.next_probe = Instant();
    }
    observed_.view_busy = false;
    read_files(observed_.watched);
    look_at_units(observed_.watched_units);
    finish_begun_units();
  }

  void finish_begun(const std::string& name, const ObservedContainer& container) {
    const std::uint64_t id = container.launch_id;
    if (container.stop_sent_at) answers_.push_back(event::Exited{name, id, kSuccess});
    if (!container.busy) {
      if (container.running() && container.spec) end_oneshot(name, id, *container.spec);
      return;
    }
    switch (*container.busy) {
      case Task::create_sandbox: answers_.push_back(event::SandboxReady{name, {}}); break;
      case Task::remove_sandbox: answers_.push_back(event::SandboxGone{name}); break;
      case Task::launch:
        answers_.push_back(event::Launched{name, id, kSomePid});
        end_oneshot(name, id, *container.spec);
        break;
      case Task::clean_up: answers_.push_back(event::CleanedUp{name, id}); break;
      case Task::update: answers_.push_back(event::Updated{name, id}); break;
      case Task::remove_root:
      case Task::remove_everything: answers_.push_back(event::RootRemoved{name}); break;
    }
  }

  // What nobody has looked at yet can be read, and is as it was.
  void read_files(const std::set<std::string>& paths) {
    event::FilesRead read;
    for (const std::string& path : paths) {
      if (!observed_.files.contains(path)) read.files[path] = FileState();
    }
    if (!read.files.empty()) answers_.push_back(std::move(read));
  }

  // A unit that nobody has asked systemd about yet is taken for one that is up.
  void look_at_units(const std::set<std::string>& names) {
    event::UnitsTold told;
    for (const std::string& name : names) {
      if (!observed_.units.contains(name)) told.units[name] = kUp;
    }
    if (!told.units.empty()) answers_.push_back(std::move(told));
  }

  void finish_begun_units() {
    for (const auto& [name, unit] : observed_.units) {
      if (unit.starting || unit.state.activity == UnitActivity::activating) start_unit(name);
      if (unit.state.activity != UnitActivity::deactivating) continue;
      UnitState down = unit.state;
      down.activity = UnitActivity::inactive;
      answers_.push_back(event::UnitsTold{{{name, down}}});
    }
  }

  void start_unit(const std::string& name) {
    UnitState up = kUp;
    up.activation = observed_.units[name].state.activation + 1;
    answers_.push_back(event::UnitsTold{{{name, up}}});
    answers_.push_back(event::UnitStarted{name});
  }

  void end_oneshot(const std::string& name, std::uint64_t id, const ContainerSpec& spec) {
    if (spec.type == ContainerType::oneshot) answers_.push_back(event::Exited{name, id, kSuccess});
  }

  void answer(const action::CreateNetwork&) { answers_.push_back(event::NetworkReady{*subject_}); }
  void answer(const action::RemoveNetwork&) { answers_.push_back(event::NetworkGone{*subject_}); }
  void answer(const action::CreateSandbox&) {
    answers_.push_back(event::SandboxReady{*subject_, {}});
  }
  void answer(const action::RemoveSandbox&) { answers_.push_back(event::SandboxGone{*subject_}); }
  void answer(const action::Launch& deed) {
    answers_.push_back(event::Launched{*subject_, deed.launch_id, kSomePid});
    end_oneshot(*subject_, deed.launch_id, *deed.spec);
  }
  void answer(const action::Stop& deed) {
    answers_.push_back(event::Exited{*subject_, deed.launch_id, kSuccess});
  }
  void answer(const action::Kill& deed) {
    answers_.push_back(event::Exited{*subject_, deed.launch_id, kSuccess});
  }
  void answer(const action::CleanUp& deed) {
    answers_.push_back(event::CleanedUp{*subject_, deed.launch_id});
  }
  void answer(const action::Update& deed) {
    answers_.push_back(event::Updated{*subject_, deed.launch_id});
  }
  void answer(const action::Check& deed) {
    answers_.push_back(event::Checked{*subject_, deed.spec});
  }
  void answer(const action::Reload&) {}
  void answer(const action::WatchFiles& deed) { read_files(deed.paths); }
  void answer(const action::WatchUnits& deed) { look_at_units(deed.units); }
  void answer(const action::StartUnit&) { start_unit(*subject_); }
  void answer(const action::RemoveRoot&) { answers_.push_back(event::RootRemoved{*subject_}); }
  void answer(const action::ApplyView& deed) { answers_.push_back(event::ViewApplied{deed.view}); }
  void answer(const action::Probe& deed) {
    answers_.push_back(event::Probed{*subject_, deed.launch_id, true, ""});
  }

  static constexpr ExitStatus kSuccess{ExitStatus::Kind::exited, 0, false};
  static constexpr int kSomePid = 1;
  inline static const UnitState kUp{UnitActivity::active, true, true, 1, ""};

  ObservedState observed_;
  std::deque<Event> answers_;
  const std::string* subject_ = nullptr;
};

// The clock stands: what waits for a time of day, for a window or a schedule, goes on waiting.
ObservedState with_standing_clock(ObservedState observed, Instant now) {
  if (!observed.wall) return observed;
  auto clock = std::make_shared<WallClock>(*observed.wall);
  clock->stands_at = observed.wall->at(now);
  observed.wall = std::move(clock);
  return observed;
}

}  // namespace

Forecast forecast_to_rest(const DesiredState& desired, const ObservedState& observed, Instant now) {
  // Each container takes a handful of turns, and a chain of them takes them one after the other.
  const std::size_t turns = 64 + 16 * (desired.containers.size() + observed.containers.size());
  std::vector<Action> actions;
  IdealHost host(with_standing_clock(observed, now));
  host.turn(now);
  for (std::size_t turn = 0; turn < turns; ++turn) {
    Plan plan = reconcile(desired, host.observed(), now);
    host.remember(plan.appointments, now);
    if (!plan.appointments.empty()) continue;
    if (plan.actions.empty()) {
      if (!plan.wake_at) break;
      now = *plan.wake_at;
      continue;
    }
    for (Action& action : plan.actions) {
      host.carry_out(action, now);
      const bool looks = std::holds_alternative<action::Probe>(action.deed) ||
                         std::holds_alternative<action::WatchFiles>(action.deed) ||
                         std::holds_alternative<action::WatchUnits>(action.deed);
      if (!looks) actions.push_back(std::move(action));
    }
    host.turn(now);
  }
  return Forecast{std::move(actions), std::move(host).take()};
}

std::vector<Action> forecast(const DesiredState& desired, const ObservedState& observed,
                             Instant now) {
  return forecast_to_rest(desired, observed, now).actions;
}

}  // namespace berth
