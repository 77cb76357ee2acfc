// advance: one function for each kind of event, except Submitted and Failed, which see to each
// kind of action in files of their own.
#include "supervisor/plan/advance.h"

#include <algorithm>
#include <utility>

#include "supervisor/plan/backoff.h"
#include "supervisor/plan/failed.h"
#include "supervisor/plan/files.h"
#include "supervisor/plan/health.h"
#include "supervisor/plan/process_end.h"
#include "supervisor/plan/submitted.h"
#include "supervisor/plan/units.h"

namespace berth {

namespace {

using namespace planning;

class Advance {
 public:
  Advance(ObservedState& state, Instant now) : state_(state), now_(now) {}

  void operator()(const event::Submitted& event) { submitted(state_, event.action, now_); }
  void operator()(const event::Failed& event) { failed(state_, event.action, event.error, now_); }

  void operator()(const event::NetworkReady& event) {
    ObservedNetwork* network = find_network(event.network);
    if (!network) return;
    settle(*network, Presence::present);
    network->failures = 0;
    network->error.clear();
  }

  void operator()(const event::NetworkGone& event) {
    ObservedNetwork* network = find_network(event.network);
    if (!network) return;
    settle(*network, Presence::absent);
    // After failures it is remembered when it may be made again.
    if (network->failures == 0) state_.networks.erase(event.network);
  }

  void operator()(const event::SandboxReady& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->busy != Task::create_sandbox) return;
    container->busy.reset();
    container->sandbox = Presence::present;
    container->addresses = event.addresses;
    container->addresses6 = event.addresses6;
    container->ports_spec = container->sandbox_spec;
  }

  void operator()(const event::SandboxGone& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->busy == Task::create_sandbox) return;
    if (container->busy == Task::remove_sandbox) container->busy.reset();
    container->sandbox = Presence::absent;
    container->sandbox_spec.reset();
    container->ports_spec.reset();
    container->addresses.clear();
    container->addresses6.clear();
    removal_succeeded(*container);
  }

  void operator()(const event::Launched& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->busy != Task::launch || container->launch_id != event.launch_id) {
      return;
    }
    container->busy.reset();
    container->ports_spec = container->spec;
    for (const auto& [path, digest] : event.files) container->files[path] = digest;
    if (container->exited_id == event.launch_id) return;  // its end was told first
    container->pid = event.pid;
    container->launched_at = now_;
    container->ready_at.reset();
    begin_health(*container, now_);
  }

  void operator()(const event::Exited& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->launch_id != event.launch_id || !container->alive()) return;
    process_ended(*container, event.status, now_);
  }

  void operator()(const event::CleanedUp& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->launch_id != event.launch_id) return;
    if (container->busy == Task::clean_up) container->busy.reset();
    container->remains = false;
    removal_succeeded(*container);
    if (event.complaint.empty()) return;
    container->error += (container->error.empty() ? "" : "; ") + event.complaint;
  }

  void operator()(const event::Updated& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->launch_id != event.launch_id || container->busy != Task::update) {
      return;
    }
    container->busy.reset();
    const SpecPtr before =
        std::exchange(container->spec, std::exchange(container->update, nullptr));
    // Nothing that a sandbox or a root is made from differs, or it would not have been an update.
    container->sandbox_spec = container->spec;
    container->root_spec = container->spec;
    container->ports_spec = container->spec;
    if (std::exchange(container->update_refused, nullptr)) container->error.clear();
    adopt_files(*container, state_.files);
    adopt_units(*container, state_);
    if (container->running()) renew_health(*container, *before, now_);
  }

  void operator()(const event::Checked& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->checking != event.spec) return;
    container->checked = std::exchange(container->checking, nullptr);
    container->check_refused.reset();
    container->check_error.clear();
    container->check_failures = 0;
    container->next_check.reset();
  }

  void operator()(const event::RootRemoved& event) {
    const auto found = state_.containers.find(event.container);
    if (found == state_.containers.end()) return;
    if (found->second.busy == Task::remove_everything) {
      state_.containers.erase(found);
      return;
    }
    if (found->second.busy == Task::remove_root) found->second.busy.reset();
    found->second.root = false;
    found->second.root_spec.reset();
    removal_succeeded(found->second);
  }

  void operator()(const event::ViewApplied& event) {
    state_.view = event.view;
    state_.view_busy = false;
    state_.view_refused = {};
    state_.view_failures = 0;
    state_.view_next_try.reset();
    state_.view_error.clear();
  }

  void operator()(const event::FilesRead& event) {
    for (const auto& [path, file] : event.files) {
      if (state_.watched.contains(path)) state_.files[path] = file;
    }
    for (auto& [name, container] : state_.containers) adopt_files(container, state_.files);
  }

  void operator()(const event::UnitsTold& event) {
    for (const auto& [name, told] : event.units) {
      if (!state_.watched_units.contains(name)) continue;
      ObservedUnit& unit = state_.units[name];
      unit.state = told;
      if (told.activity != UnitActivity::active && !told.completed) continue;
      unit.requests = 0;
      unit.next_start.reset();
      unit.error.clear();
    }
    for (auto& [name, container] : state_.containers) adopt_units(container, state_);
  }

  // Should it not be active, then what asked for it still does: again, after a while.
  void operator()(const event::UnitStarted& event) {
    const auto found = state_.units.find(event.unit);
    if (found == state_.units.end()) return;
    found->second.starting = false;
    found->second.error.clear();
    if (found->second.requests == 0) return;
    found->second.next_start = now_ + retry_delay(found->second.requests, kNetworkDelayMax);
  }

  void operator()(const event::Probed& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->launch_id != event.launch_id || !container->probing) return;
    container->probing = false;
    if (container->running() && container->health != Health::none) {
      record_probe(*container, event.healthy, event.message, now_);
    }
  }

  void operator()(const event::Notified& event) {
    ObservedContainer* container = find(event.container);
    if (!container || container->launch_id != event.launch_id || !container->alive()) return;
    if (event.ready) container->notified_id = event.launch_id;
    if (container->running()) record_notification(*container, event.status, now_);
  }

  void operator()(const event::WallClockSet& event) { state_.wall = event.clock; }

  void operator()(const event::Appointed& event) {
    ObservedContainer& container = state_.containers[event.change.container];
    container.appointment = event.change.appointment;
    if (event.change.begins) begin_anew(container);
  }

  void operator()(const event::OperatorStart& event) {
    ObservedContainer& container = state_.containers[event.container];
    container.intent = Intent::run;
    container.appointment.due = true;
    container.appointment.by_operator = true;
    begin_anew(container);
  }

  void operator()(const event::OperatorStop& event) {
    ObservedContainer& container = state_.containers[event.container];
    container.intent = Intent::stop;
    container.restart_requested = false;
    container.appointment.due = false;
    if (container.phase != Phase::backing_off && container.phase != Phase::failed) return;
    container.phase = Phase::stopped;
    container.next_start.reset();
    container.error.clear();
  }

  void operator()(const event::OperatorRestart& event) {
    ObservedContainer& container = state_.containers[event.container];
    container.intent = Intent::run;
    container.restart_requested = container.running();
    container.appointment.due = true;
    container.appointment.by_operator = true;
    begin_anew(container);
  }

 private:
  ObservedContainer* find(const std::string& name) {
    const auto found = state_.containers.find(name);
    return found == state_.containers.end() ? nullptr : &found->second;
  }

  ObservedNetwork* find_network(const std::string& name) {
    const auto found = state_.networks.find(name);
    return found == state_.networks.end() ? nullptr : &found->second;
  }

  static void settle(ObservedNetwork& network, Presence presence) {
    network.busy = false;
    network.presence = presence;
    network.next_removal.reset();
  }

  static void removal_succeeded(ObservedContainer& container) {
    container.next_removal.reset();
    if (std::exchange(container.removal_failures, 0) == 0) return;
    const bool down = container.phase == Phase::failed || container.phase == Phase::backing_off;
    container.error = down && container.last_exit ? describe(*container.last_exit) : "";
  }

  // An operator's word: what failed, ended or completed before counts no more.
  static void begin_anew(ObservedContainer& container) {
    forget_failures(container);
    if (container.alive()) return;
    container.resting = false;
    container.completed = false;
    if (container.phase == Phase::failed || container.phase == Phase::backing_off) {
      container.phase = Phase::stopped;
      container.error.clear();
    }
  }

  ObservedState& state_;
  Instant now_;
};

}  // namespace

ObservedState advance(ObservedState observed, const Event& event, Instant now) {
  std::visit(Advance(observed, now), event);
  return observed;
}

}  // namespace berth
