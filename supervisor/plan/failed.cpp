#include "supervisor/plan/failed.h"

#include "supervisor/plan/backoff.h"
#include "supervisor/plan/health.h"

namespace berth::planning {

namespace {

class Failed {
 public:
  Failed(ObservedState& state, const std::string& subject, const std::string& error, Instant now)
      : state_(state), subject_(subject), error_(error), now_(now) {}

  void operator()(const action::CreateNetwork&) {
    if (ObservedNetwork* network = end_network()) {
      network->next_try = now_ + retry_delay(++network->failures, kNetworkDelayMax);
    }
  }

  void operator()(const action::RemoveNetwork&) {
    if (ObservedNetwork* network = end_network()) {
      network->next_removal = now_ + retry_delay(++network->failures, kRemovalDelayMax);
    }
  }

  void operator()(const action::CreateSandbox&) {
    ObservedContainer* container = end(Task::create_sandbox);
    if (!container) return;
    container->sandbox = Presence::failed;
    start_failed(*container);
  }

  void operator()(const action::RemoveSandbox&) {
    ObservedContainer* container = end(Task::remove_sandbox);
    if (!container) return;
    container->sandbox = Presence::failed;
    removal_failed(*container);
  }

  void operator()(const action::Launch& deed) {
    ObservedContainer* container = find();
    if (!container || container->launch_id != deed.launch_id) return;
    const bool exit_told_first = container->exited_id == deed.launch_id;
    if (!end(Task::launch)) return;
    // The exit of the half-made process has counted already; this is the better reason.
    if (!exit_told_first)
      start_failed(*container);
    else if (container->phase == Phase::backing_off)
      container->error = error_;
  }

  void operator()(const action::Stop& deed) { complain(deed.launch_id); }
  void operator()(const action::Kill& deed) { complain(deed.launch_id); }
  void operator()(const action::Reload& deed) { complain(deed.launch_id); }
  void operator()(const action::WatchFiles&) {}  // they never fail
  void operator()(const action::WatchUnits&) {}

  void operator()(const action::StartUnit&) {
    const auto found = state_.units.find(subject_);
    if (found == state_.units.end()) return;
    found->second.starting = false;
    found->second.error = error_;
    found->second.next_start = now_ + retry_delay(found->second.requests, kNetworkDelayMax);
  }

  void operator()(const action::CleanUp&) {
    if (ObservedContainer* container = end(Task::clean_up)) removal_failed(*container);
  }

  void operator()(const action::Update& deed) {
    ObservedContainer* container = end(Task::update);
    if (!container) return;
    container->update.reset();
    container->update_refused = deed.spec;
    container->next_update = now_ + kUpdateDelay;
    if (container->running()) container->error = error_;
  }

  void operator()(const action::Check& deed) {
    ObservedContainer* container = find();
    if (!container || container->checking != deed.spec) return;
    container->check_refused = std::exchange(container->checking, nullptr);
    container->check_error = error_;
    container->next_check = now_ + retry_delay(++container->check_failures, kNetworkDelayMax);
  }

  void operator()(const action::RemoveRoot& deed) {
    ObservedContainer* container =
        end(deed.everything ? Task::remove_everything : Task::remove_root);
    if (container) removal_failed(*container);
  }

  void operator()(const action::ApplyView& deed) {
    state_.view_busy = false;
    state_.view_error = error_;
    state_.view_refused = deed.view;
    state_.view_next_try = now_ + retry_delay(++state_.view_failures, kNetworkDelayMax);
  }

  // A probe that could not be made is one that found nothing healthy.
  void operator()(const action::Probe& deed) {
    ObservedContainer* container = find();
    if (!container || container->launch_id != deed.launch_id || !container->probing) return;
    container->probing = false;
    if (container->running() && container->health != Health::none) {
      record_probe(*container, false, error_, now_);
    }
  }

 private:
  ObservedContainer* find() {
    const auto found = state_.containers.find(subject_);
    return found == state_.containers.end() ? nullptr : &found->second;
  }

  // The container, if the task is what it was busy with.
  ObservedContainer* end(Task task) {
    ObservedContainer* container = find();
    if (!container || container->busy != task) return nullptr;
    container->busy.reset();
    return container;
  }

  ObservedNetwork* end_network() {
    const auto found = state_.networks.find(subject_);
    if (found == state_.networks.end()) return nullptr;
    found->second.busy = false;
    found->second.presence = Presence::failed;
    found->second.error = error_;
    return &found->second;
  }

  void complain(std::uint64_t launch_id) {
    ObservedContainer* container = find();
    if (container && container->launch_id == launch_id && container->running()) {
      container->error = error_;
    }
  }

  void start_failed(ObservedContainer& container) {
    if (container.intent == Intent::stop)
      container.phase = Phase::stopped;
    else
      record_failure(container, error_, now_);
  }

  void removal_failed(ObservedContainer& container) {
    container.error = error_;
    container.next_removal = now_ + retry_delay(++container.removal_failures, kRemovalDelayMax);
  }

  ObservedState& state_;
  const std::string& subject_;
  const std::string& error_;
  Instant now_;
};

}  // namespace

void failed(ObservedState& state, const Action& action, const std::string& error, Instant now) {
  std::visit(Failed(state, action.subject, error, now), action.deed);
}

}  // namespace berth::planning
