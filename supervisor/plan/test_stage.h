// Stage: a desired and an observed state, and the turns of the loop between them, for tests.
// Actions wait until the test answers them.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/plan/advance.h"
#include "supervisor/plan/reconcile.h"

namespace berth {

using namespace std::chrono_literals;

inline ContainerSpec service(const std::string& name) {
  ContainerSpec spec;
  spec.name = name;
  spec.root_template = "host";
  spec.command = {"run"};
  return spec;
}

inline ContainerSpec oneshot(const std::string& name) {
  ContainerSpec spec = service(name);
  spec.type = ContainerType::oneshot;
  return spec;
}

inline ContainerSpec probed(const std::string& name) {
  ContainerSpec spec = service(name);
  spec.healthcheck.tcp = ":80";
  return spec;
}

inline ContainerSpec needing(ContainerSpec spec, const std::string& other,
                             DependencyCondition condition = DependencyCondition::started,
                             bool restart = false) {
  spec.depends_on[other] = DependencySpec{condition, restart};
  return spec;
}

class Stage {
 public:
  Stage() {
    NetworkSpec network;
    network.name = "default";
    network.bridge = "berth0";
    network.subnet = "10.88.0.0/16";
    desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  }

  void define(const ContainerSpec& spec) {
    desired.containers[spec.name] = std::make_shared<const ContainerSpec>(spec);
  }
  void remove(const std::string& name) { desired.containers.erase(name); }
  template <class Change>
  void edit(const std::string& name, Change change) {
    ContainerSpec spec = *desired.containers.at(name);
    change(spec);
    define(spec);
  }

  void tell(const Event& event) { observed = advance(std::move(observed), event, now); }

  // The next plan, once what it asks for is remembered.
  Plan plan() {
    Plan next = reconcile(desired, observed, now);
    while (!next.appointments.empty()) {
      for (const AppointmentChange& change : next.appointments) tell(event::Appointed{change});
      next = reconcile(desired, observed, now);
    }
    return next;
  }

  // What the plan asks for now, as "launch web; stop db"; without the view, which is answered, and
  // without checks, unless they are to be answered by the test.
  std::string turn() {
    std::string text;
    bool checked = false;
    for (const Action& action : plan().actions) {
      tell(event::Submitted{action});
      if (const auto* check = std::get_if<action::Check>(&action.deed); check && passes_checks) {
        tell(event::Checked{action.subject, check->spec});
        checked = true;
        continue;
      }
      if (const auto* watch = std::get_if<action::WatchFiles>(&action.deed)) {
        for (const std::string& path : watch->paths) look(path);
        continue;
      }
      if (const auto* watch = std::get_if<action::WatchUnits>(&action.deed)) {
        for (const std::string& unit : watch->units) tell_unit(unit);
        continue;
      }
      if (const auto* view = std::get_if<action::ApplyView>(&action.deed)) {
        tell(event::ViewApplied{view->view});
        continue;
      }
      if (!text.empty()) text += "; ";
      text += std::string(name_of(action.deed)) + " " + action.subject;
      pending.push_back(action);
      reasons.push_back(action.reason);
    }
    if (!checked) return text;
    const std::string more = turn();
    return text.empty() || more.empty() ? text + more : text + "; " + more;
  }

  // Everything asked for so far succeeds; what is told to stop ends.
  void succeed() {
    for (const Action& action : std::exchange(pending, {})) {
      std::visit([&](const auto& deed) { answer(action.subject, deed); }, action.deed);
    }
  }
  void fail(const std::string& error) {
    for (const Action& action : std::exchange(pending, {})) tell(event::Failed{action, error});
  }

  // Turns until nothing is asked for; what was, in order.
  std::string settle() {
    std::string all;
    for (std::string text = turn(); !text.empty(); text = turn()) {
      all += (all.empty() ? "" : "; ") + text;
      succeed();
    }
    return all;
  }

  // Writes a file of the host (empty: removes it), which is told when it is watched.
  void write(const std::string& path, const std::string& content) {
    if (content.empty())
      host_files.erase(path);
    else
      host_files[path] = content;
    look(path);
  }

  // A unit of systemd becomes so, which is told when it is watched.
  void set_unit(const std::string& name, const UnitState& state) {
    host_units[name] = state;
    tell_unit(name);
  }

  void exit(const std::string& name, int code) {
    tell(event::Exited{name, observed.containers.at(name).launch_id,
                       ExitStatus{ExitStatus::Kind::exited, code, false}});
  }

  [[nodiscard]] const ObservedContainer& of(const std::string& name) const {
    return observed.containers.at(name);
  }
  [[nodiscard]] std::optional<Instant> wake_at() const {
    return reconcile(desired, observed, now).wake_at;
  }
  [[nodiscard]] std::string last_reason() const { return reasons.empty() ? "" : reasons.back(); }

  bool passes_checks = true;
  DesiredState desired;
  ObservedState observed;
  std::map<std::string, std::string> host_files;  // path to content
  std::map<std::string, UnitState> host_units;    // those that there are; all others are inactive
  Instant now = Instant() + 1h;
  std::vector<Action> pending;
  std::vector<std::string> reasons;

 private:
  void look(const std::string& path) {
    const auto found = host_files.find(path);
    const bool there = found != host_files.end();
    tell(event::FilesRead{{{path, there ? FileState{"digest of " + found->second, ""}
                                        : FileState{"", "No such file or directory"}}}});
  }

  void tell_unit(const std::string& name) {
    UnitState& state = host_units[name];
    if (state.activity == UnitActivity::unknown && state.problem.empty()) {
      state.activity = UnitActivity::inactive;
    }
    tell(event::UnitsTold{{{name, state}}});
  }

  void answer(const std::string&, const action::WatchUnits&) {}
  void answer(const std::string& name, const action::StartUnit&) {
    UnitState state = host_units[name];
    state.activity = UnitActivity::active;
    ++state.activation;
    set_unit(name, state);
    tell(event::UnitStarted{name});
  }
  void answer(const std::string& name, const action::CreateNetwork&) {
    tell(event::NetworkReady{name});
  }
  void answer(const std::string& name, const action::RemoveNetwork&) {
    tell(event::NetworkGone{name});
  }
  void answer(const std::string& name, const action::CreateSandbox&) {
    tell(event::SandboxReady{name, {"10.88.0." + std::to_string(next_address_++)}});
  }
  void answer(const std::string& name, const action::RemoveSandbox&) {
    tell(event::SandboxGone{name});
  }
  void answer(const std::string& name, const action::Launch& deed) {
    event::Launched launched{name, deed.launch_id, 100 + static_cast<int>(deed.launch_id)};
    for (const std::string& path : observed.watched) {
      const auto found = host_files.find(path);
      launched.files[path] = found == host_files.end() ? "" : "digest of " + found->second;
    }
    tell(launched);
  }
  void answer(const std::string& name, const action::Stop&) { exit(name, 0); }
  void answer(const std::string& name, const action::Kill&) { exit(name, 137); }
  void answer(const std::string& name, const action::CleanUp& deed) {
    tell(event::CleanedUp{name, deed.launch_id});
  }
  void answer(const std::string& name, const action::Check& deed) {
    tell(event::Checked{name, deed.spec});
  }
  void answer(const std::string& name, const action::Update& deed) {
    tell(event::Updated{name, deed.launch_id});
  }
  void answer(const std::string& name, const action::RemoveRoot&) {
    tell(event::RootRemoved{name});
  }
  void answer(const std::string&, const action::Reload&) {}
  void answer(const std::string&, const action::WatchFiles&) {}
  void answer(const std::string&, const action::ApplyView& deed) {
    tell(event::ViewApplied{deed.view});
  }
  void answer(const std::string& name, const action::Probe& deed) {
    tell(event::Probed{name, deed.launch_id, true, ""});
  }

  int next_address_ = 2;
};

}  // namespace berth
