#include "supervisor/plan/submitted.h"

#include <algorithm>
#include <utility>

#include "supervisor/plan/backoff.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/damping.h"
#include "supervisor/plan/files.h"
#include "supervisor/plan/units.h"

namespace berth::planning {

namespace {

class Submitted {
 public:
  Submitted(ObservedState& state, const Action& action, Instant now)
      : state_(state), subject_(action.subject), reason_(action.reason), now_(now) {}

  void operator()(const action::CreateNetwork& deed) {
    ObservedNetwork& network = begin_network(Presence::creating);
    network.spec = deed.network;
    network.next_try.reset();
  }

  void operator()(const action::RemoveNetwork&) { begin_network(Presence::removing); }

  void operator()(const action::CreateSandbox& deed) {
    ObservedContainer& container = begin(Task::create_sandbox);
    begin_start(container, deed.spec);
    container.start_reason = reason_;
    container.sandbox = Presence::creating;
    container.sandbox_spec = deed.spec;
    container.sandbox_id = deed.sandbox_id;
    state_.next_launch_id = std::max(state_.next_launch_id, deed.sandbox_id + 1);
    container.addresses.clear();
    container.addresses6.clear();
  }

  void operator()(const action::RemoveSandbox& deed) {
    ObservedContainer& container = begin(Task::remove_sandbox);
    container.sandbox = Presence::removing;
    if (!deed.for_good) return;
    // It was about to start, and does not any more. Should that change, its backoff still holds.
    if (container.phase != Phase::creating && container.phase != Phase::backing_off) return;
    container.phase = Phase::stopped;
    container.error.clear();
  }

  void operator()(const action::Launch& deed) {
    ObservedContainer& container = begin(Task::launch);
    forget_check(container);
    begin_start(container, deed.spec);
    container.start_reason.clear();
    if (container.launch_id != 0) ++container.restarts;
    container.launch_id = deed.launch_id;
    container.remains = true;
    container.root = true;
    container.probing = false;
    container.ready_at.reset();
    // The same in all that they are made from, or they would have been made anew.
    container.root_spec = deed.spec;
    container.sandbox_spec = deed.spec;
    state_.next_launch_id = std::max(state_.next_launch_id, deed.launch_id + 1);
  }

  void operator()(const action::Stop& deed) {
    ObservedContainer& container = state_.containers[subject_];
    container.stop_sent_at = now_;
    container.stop_unhealthy = deed.unhealthy;
    container.phase = Phase::stopping;
  }

  void operator()(const action::Kill&) {
    ObservedContainer& container = state_.containers[subject_];
    if (container.kill_sent_at) {
      container.error = "its process is still there after SIGKILL: the kernel does not let it end";
    }
    container.kill_sent_at = now_;
  }

  void operator()(const action::CleanUp&) { begin(Task::clean_up); }
  void operator()(const action::Update& deed) { begin(Task::update).update = deed.spec; }

  void operator()(const action::Reload& deed) {
    ObservedContainer& container = state_.containers[subject_];
    for (const auto& [path, digest] : deed.files) container.files[path] = digest;
  }

  void operator()(const action::WatchFiles& deed) {
    state_.watched = deed.paths;
    std::erase_if(state_.files,
                  [this](const auto& file) { return !state_.watched.contains(file.first); });
  }

  void operator()(const action::WatchUnits& deed) {
    state_.watched_units = deed.units;
    std::erase_if(state_.units,
                  [&deed](const auto& unit) { return !deed.units.contains(unit.first); });
  }

  void operator()(const action::StartUnit&) {
    ObservedUnit& unit = state_.units[subject_];
    unit.starting = true;
    ++unit.requests;
    unit.next_start.reset();
  }

  void operator()(const action::Check& deed) {
    ObservedContainer& container = state_.containers[subject_];
    if (!same(container.check_refused, deed.spec)) container.check_failures = 0;
    container.checking = deed.spec;
    container.checked.reset();
  }
  void operator()(const action::RemoveRoot& deed) {
    begin(deed.everything ? Task::remove_everything : Task::remove_root);
  }
  void operator()(const action::ApplyView&) { state_.view_busy = true; }

  void operator()(const action::Probe&) {
    ObservedContainer& container = state_.containers[subject_];
    container.probing = true;
    container.next_probe.reset();
  }

 private:
  ObservedContainer& begin(Task task) {
    ObservedContainer& container = state_.containers[subject_];
    container.busy = task;
    return container;
  }

  ObservedNetwork& begin_network(Presence presence) {
    ObservedNetwork& network = state_.networks[subject_];
    network.busy = true;
    network.presence = presence;
    return network;
  }

  // What was there for this start may be gone before the next.
  static void forget_check(ObservedContainer& container) {
    container.checking.reset();
    container.checked.reset();
    container.check_refused.reset();
    container.check_error.clear();
    container.check_failures = 0;
    container.next_check.reset();
  }

  // A start by another definition, or files, than the last one begins without the last one's
  // failures; by files alone only when that is not happening again and again.
  void begin_start(ObservedContainer& container, const SpecPtr& spec) {
    std::map<std::string, std::string> files = digests_of(*spec, state_.files);
    if (!same(container.spec, spec))
      forget_failures(container);
    else if (differ(container.files, files))
      count_content_start(container, *spec, now_);
    container.files = std::move(files);
    container.units = activations_of(*spec, state_);
    container.spec = spec;
    container.next_start.reset();
    container.resting = false;
    container.completed = false;
    container.phase = Phase::creating;
  }

  ObservedState& state_;
  const std::string& subject_;
  const std::string& reason_;
  Instant now_;
};

}  // namespace

void submitted(ObservedState& state, const Action& action, Instant now) {
  std::visit(Submitted(state, action, now), action.deed);
}

}  // namespace berth::planning
