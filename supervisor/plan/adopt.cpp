#include "supervisor/plan/adopt.h"

#include <algorithm>
#include <utility>

#include "supervisor/plan/changes.h"
#include "supervisor/plan/health.h"
#include "supervisor/plan/process_end.h"

namespace berth {

namespace {

using namespace planning;

class Adoption {
 public:
  Adoption(ObservedContainer& container, const Found& found, Instant now)
      : container_(container), found_(found), now_(now) {}

  void adopt() {
    forget_looks();
    adopt_sandbox();
    const std::optional<Task> interrupted = std::exchange(container_.busy, std::nullopt);
    const auto process = found_.processes.find(container_.launch_id);
    const bool known = process != found_.processes.end();
    if (interrupted == Task::launch) {
      known && process->second.begun ? take_launch(process->second.pid) : give_up_launch();
    } else if (container_.running() && !known) {
      process_ended(container_, ExitStatus{}, now_);
    }
    if (interrupted == Task::create_sandbox) come_down();
    if (interrupted == Task::update) doubt_update();
    if (container_.running()) adopt_health();
  }

 private:
  // Whoever was looking is gone, and what it would have said is not known.
  void forget_looks() {
    container_.probing = false;
    container_.checking.reset();
  }

  void adopt_sandbox() {
    Presence& sandbox = container_.sandbox;
    if (sandbox == Presence::creating || sandbox == Presence::removing) sandbox = Presence::failed;
    if (sandbox != Presence::present || !container_.sandbox_spec) return;
    const bool has_namespace = container_.sandbox_spec->network != NetworkMode::host;
    if (has_namespace && !found_.sandboxes.contains(container_.sandbox_id)) {
      sandbox = Presence::failed;
    }
  }

  void take_launch(int pid) {
    container_.ports_spec = container_.spec;
    if (container_.exited_id == container_.launch_id) return;
    container_.pid = pid;
    container_.launched_at = now_;
    begin_health(container_, now_);
  }

  // Nobody knows how far it came. It is no failure of the container's.
  void give_up_launch() {
    container_.exited_id = container_.launch_id;
    container_.remains = true;
    if (container_.restarts > 0) --container_.restarts;
    come_down();
  }

  void come_down() {
    if (container_.phase == Phase::creating) container_.phase = Phase::stopped;
  }

  // Applied in part, perhaps: whichever definition is wanted is applied again.
  void doubt_update() {
    container_.update_refused = std::exchange(container_.update, nullptr);
    container_.next_update.reset();
  }

  void adopt_health() {
    if (container_.health != Health::none && !container_.next_probe && container_.spec &&
        is_probed(*container_.spec)) {
      container_.next_probe = now_;
    }
  }

  ObservedContainer& container_;
  const Found& found_;
  Instant now_;
};

void adopt_network(ObservedNetwork& network) {
  if (!std::exchange(network.busy, false)) return;
  network.presence = Presence::failed;
  network.next_try.reset();
  network.next_removal.reset();
}

// The rules and name files may be of any moment: they are written anew, whatever is wanted.
void doubt_view(ObservedState& state) {
  state.view = {};
  state.view.bridges.emplace_back();
  state.view_busy = false;
  state.view_refused = {};
  state.view_failures = 0;
  state.view_next_try.reset();
  state.view_error.clear();
}

void share(SpecPtr& recorded, const SpecPtr& accepted) {
  if (recorded && accepted && same(recorded, accepted)) recorded = accepted;
}

void share_specs(ObservedContainer& container, const SpecPtr& accepted) {
  for (SpecPtr* spec :
       {&container.spec, &container.sandbox_spec, &container.ports_spec, &container.root_spec,
        &container.update_refused, &container.checked, &container.check_refused}) {
    share(*spec, accepted);
  }
}

std::uint64_t first_free_id(const ObservedState& state) {
  std::uint64_t next = state.next_launch_id;
  for (const auto& [name, container] : state.containers) {
    next = std::max({next, container.launch_id + 1, container.sandbox_id + 1});
  }
  return next;
}

}  // namespace

ObservedState adopt(ObservedState state, const DesiredState& desired, const Found& found,
                    Instant now) {
  for (auto& [name, container] : state.containers) {
    Adoption(container, found, now).adopt();
    const auto accepted = desired.containers.find(name);
    if (accepted != desired.containers.end()) share_specs(container, accepted->second);
  }
  for (auto& [name, network] : state.networks) adopt_network(network);
  doubt_view(state);
  // Asked for again, as soon as a plan is made.
  state.watched.clear();
  state.files.clear();
  state.watched_units.clear();
  state.units.clear();
  state.next_launch_id = first_free_id(state);
  return state;
}

}  // namespace berth
