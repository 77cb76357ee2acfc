#include "tests/simulation/knowledge.h"

#include <algorithm>
#include <utility>

#include "supervisor/model/references.h"

namespace berth::simulation {

namespace {

template <class... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

constexpr Duration kUnitPause = std::chrono::seconds(1);  // between two attempts at a unit

bool unit_is_up(const UnitState& state) {
  return state.activity == UnitActivity::active || state.completed;
}

Duration wait_after(const RestartSpec& restart, unsigned attempts) {
  double wait = std::chrono::duration<double>(restart.delay).count();
  for (unsigned i = 0; i < std::min(attempts, 64u); ++i) wait *= restart.factor;
  const double most = std::chrono::duration<double>(restart.max_delay).count();
  // A microsecond less, for rounding.
  const std::chrono::duration<double> seconds(std::min(wait, most) - 1e-6);
  return std::chrono::duration_cast<Duration>(seconds);
}

}  // namespace

const Known& Knowledge::of(const std::string& container) const {
  static const Known kNothing;
  const auto found = known_.find(container);
  return found == known_.end() ? kNothing : found->second;
}

Cost Knowledge::content_cost(const std::string& container, const ContainerSpec& spec) const {
  Cost cost = Cost::none;
  for (const FileReference& reference : file_references(spec)) {
    const auto had = of(container).files.find(reference.path);
    const auto now = files.find(reference.path);
    if (had == of(container).files.end() || now == files.end() || !now->second.error.empty() ||
        had->second == now->second.digest) {
      continue;
    }
    const bool reloads = !reference.needed() && spec.update.reload;
    cost = std::max(cost, reloads ? Cost::reload : Cost::restart);
  }
  return cost;
}

bool Knowledge::has_files(const ContainerSpec& spec) const {
  return std::ranges::all_of(file_references(spec), [this](const FileReference& reference) {
    const auto found = files.find(reference.path);
    return !reference.needed() || (found != files.end() && found->second.error.empty());
  });
}

bool Knowledge::is_damped(const std::string& container, const ContainerSpec& spec,
                          Instant now) const {
  const Known& known = of(container);
  const bool by_content_alone = known.spec && same_definition(*known.spec, spec) &&
                                content_cost(container, spec) >= Cost::restart;
  if (!by_content_alone || known.content_starts == 0) return false;
  const bool stable = known.ready_at && now - *known.ready_at >= spec.restart.reset_after;
  return !stable &&
         now < known.content_start_at + wait_after(spec.restart, known.content_starts - 1);
}

void Knowledge::start(const std::string& container, Known& known, const SpecPtr& spec,
                      Instant now) {
  const bool other_content = content_cost(container, *spec) != Cost::none;
  known.files.clear();
  for (const FileReference& reference : file_references(*spec)) {
    const auto found = files.find(reference.path);
    const bool there = found != files.end() && found->second.error.empty();
    if (there) known.files[reference.path] = found->second.digest;
  }
  const bool other_definition = !known.spec || !same_definition(*known.spec, *spec);
  const bool lapsed =
      known.content_starts > 0 &&
      now - known.content_start_at >=
          wait_after(spec->restart, known.content_starts - 1) + spec->restart.reset_after;
  if (other_definition || (other_content && (known.content_starts == 0 || lapsed)))
    begin_anew(known);
  if (!other_definition && other_content) {
    ++known.content_starts;
    known.content_start_at = now;
  }
  known.fell = false;
  known.not_before = Instant();
  known.spec = spec;
  known.completed = false;
  known.down_for_good = false;
}

void Knowledge::submitted(const Action& action, Instant now) {
  const auto busy = [&]() -> Known& {
    Known& known = known_[action.subject];
    known.busy_with = name_of(action.deed).data();
    return known;
  };
  std::visit(
      Overloaded{
          [&](const action::CreateNetwork&) { network_under_way[action.subject] = true; },
          [&](const action::RemoveNetwork&) { network_under_way[action.subject] = true; },
          [&](const action::CreateSandbox& deed) { start(action.subject, busy(), deed.spec, now); },
          [&](const action::Launch& deed) {
            Known& known = busy();
            start(action.subject, known, deed.spec, now);
            known.launch_id = deed.launch_id;
            known.launching = true;
            known.checked.reset();
            known.ready_at.reset();
            known.healthy = false;
            known.lost_health = false;
            known.ever_failed = false;
            known.failing = 0;
          },
          [&](const action::Stop& deed) {
            Known& known = known_[action.subject];
            known.stop_sent_at = now;
            known.stop_unhealthy = deed.unhealthy;
          },
          [&](const action::Kill&) { known_[action.subject].kill_sent_at = now; },
          [&](const action::ApplyView&) { view_under_way = true; },
          [&](const action::WatchFiles& deed) {
            std::erase_if(files,
                          [&](const auto& file) { return !deed.paths.contains(file.first); });
          },
          [&](const action::WatchUnits& deed) {
            const auto gone = [&](const auto& unit) { return !deed.units.contains(unit.first); };
            std::erase_if(units, gone);
            std::erase_if(unit_not_before, gone);
            std::erase_if(units_under_way,
                          [&](const std::string& unit) { return !deed.units.contains(unit); });
          },
          [&](const action::StartUnit&) { units_under_way.insert(action.subject); },
          [&](const action::Reload& deed) {
            for (const auto& [path, content] : deed.files) {
              known_[action.subject].files[path] = content;
            }
          },
          [&](const action::Check&) { known_[action.subject].checked.reset(); },
          [&](const action::Probe& deed) { known_[action.subject].probing = deed.launch_id; },
          [&](const action::Update& deed) { busy().update = deed.spec; },
          [&](const action::RemoveRoot& deed) { busy().being_forgotten = deed.everything; },
          [&](const auto&) { busy(); },
      },
      action.deed);
}

// What a running process has come to watch, it has as it is now.
void Knowledge::adopt(Known& known) const {
  if (!known.running) return;
  for (const std::string& path : known.spec->update.watch) {
    const auto found = files.find(path);
    if (found != files.end()) known.files.emplace(path, found->second.digest);
  }
}

void Knowledge::updated(const std::string& container, Instant now) {
  Known& known = known_[container];
  known.busy_with = nullptr;
  const SpecPtr before = std::exchange(known.spec, known.update);
  adopt(known);
  if (before->healthcheck == known.spec->healthcheck) return;
  known.failing = 0;
  const bool becomes_ready = known.spec->type == ContainerType::service &&
                             !known.spec->healthcheck.configured() && !known.ready_at;
  if (known.running && becomes_ready) known.ready_at = now;
}

void Knowledge::told(const Event& event, Instant now) {
  const auto idle = [this](const std::string& name) -> Known& {
    Known& known = known_[name];
    known.busy_with = nullptr;
    return known;
  };
  std::visit(Overloaded{
                 [](const event::Submitted&) {},
                 [&](const event::NetworkReady& e) { network_under_way[e.network] = false; },
                 [&](const event::NetworkGone& e) { network_under_way[e.network] = false; },
                 [&](const event::SandboxReady& e) { idle(e.container); },
                 [&](const event::SandboxGone& e) { idle(e.container); },
                 [&](const event::FilesRead& e) {
                   for (const auto& [path, file] : e.files) files[path] = file;
                   for (auto& [name, known] : known_) adopt(known);
                 },
                 [&](const event::UnitsTold& e) {
                   for (const auto& [name, state] : e.units) told_unit(name, state);
                 },
                 [&](const event::UnitStarted& e) {
                   units_under_way.erase(e.unit);
                   if (!unit_is_up(units[e.unit])) unit_not_before[e.unit] = now + kUnitPause;
                 },
                 [&](const event::Launched& e) {
                   Known& known = idle(e.container);
                   if (known.launch_id == e.launch_id) {
                     for (const auto& [path, content] : e.files) known.files[path] = content;
                   }
                   if (!known.launching) return;  // its end was told first
                   known.launching = false;
                   known.running = true;
                   const ContainerSpec& spec = *known.spec;
                   if (spec.type == ContainerType::service && !spec.healthcheck.configured()) {
                     known.ready_at = now;
                   }
                 },
                 [&](const event::Exited& e) {
                   Known& known = known_[e.container];
                   if (known.launch_id == e.launch_id && known.alive()) ended(known, e.status, now);
                 },
                 [&](const event::CleanedUp& e) { idle(e.container); },
                 [&](const event::Checked& e) {
                   Known& known = known_[e.container];
                   if (known.alive()) known.checked = e.spec;
                 },
                 [&](const event::Updated& e) { updated(e.container, now); },
                 [&](const event::RootRemoved& e) {
                   if (idle(e.container).being_forgotten) known_.erase(e.container);
                 },
                 [&](const event::ViewApplied&) { view_under_way = false; },
                 [&](const event::Probed& e) {
                   Known& known = known_[e.container];
                   if (known.probing != e.launch_id) return;
                   known.probing = 0;
                   if (known.running && known.launch_id == e.launch_id)
                     probed(known, e.healthy, now);
                 },
                 [&](const event::Failed& e) { told_failure(e.action, now); },
                 [](const event::Notified&) {},
                 [](const event::WallClockSet&) {},
                 [](const event::Appointed&) {},
                 [&](const event::OperatorStart& e) { operator_starts(known_[e.container]); },
                 [&](const event::OperatorStop& e) {
                   known_[e.container].intent = Intent::stop;
                   known_[e.container].restart_asked = false;
                 },
                 [&](const event::OperatorRestart& e) {
                   Known& known = known_[e.container];
                   operator_starts(known);
                   known.restart_asked = known.running;
                 },
             },
             event);
}

void Knowledge::told_unit(const std::string& name, const UnitState& state) {
  units[name] = state;
  if (unit_is_up(state)) unit_not_before.erase(name);
}

void Knowledge::begin_anew(Known& known) {
  known.attempts = 0;
  known.failures.clear();
  known.content_starts = 0;
  known.not_before = Instant();
}

void Knowledge::operator_starts(Known& known) {
  known.intent = Intent::run;
  begin_anew(known);
  if (known.alive()) return;
  known.down_for_good = false;
  known.completed = false;
}

void Knowledge::probed(Known& known, bool healthy, Instant now) {
  if (healthy) {
    if (!known.ready_at || known.lost_health) known.ready_at = now;
    known.lost_health = false;
    known.healthy = true;
    known.failing = 0;
    return;
  }
  known.ever_failed = true;
  // While it starts, not every failure counts; that is not for the checker to know.
  if (++known.failing < known.spec->healthcheck.retries || !known.healthy) return;
  known.healthy = false;
  known.lost_health = true;
}

void Knowledge::ended(Known& known, const ExitStatus& status, Instant now) {
  const bool told_to_stop = known.stop_sent_at.has_value();
  const bool wished = (told_to_stop && !known.stop_unhealthy) || known.restart_asked ||
                      known.intent == Intent::stop;
  const RestartPolicy policy = known.spec->restart.policy;
  if (known.spec->type == ContainerType::oneshot && status.success() && !told_to_stop &&
      !known.restart_asked) {
    known.completed = known.down_for_good = true;
  } else if (!wished) {
    const bool rests = policy == RestartPolicy::no || policy == RestartPolicy::on_failure;
    if (status.success() && rests && !known.stop_unhealthy)
      known.down_for_good = true;
    else
      failed(known, now);
  }
  if (known.ready_at && now - *known.ready_at >= known.spec->restart.reset_after) {
    known.content_starts = 0;
  }
  known.fell = !wished;
  known.launching = known.running = false;
  known.ready_at.reset();
  known.stop_sent_at.reset();
  known.stop_unhealthy = false;
  known.kill_sent_at.reset();
  known.restart_asked = false;
}

void Knowledge::failed(Known& known, Instant now) {
  const RestartSpec& restart = known.spec->restart;
  if (known.ready_at && now - *known.ready_at >= restart.reset_after) {
    begin_anew(known);
  }
  known.fell = true;
  known.failures.push_back(now);
  while (now - known.failures.front() > restart.interval) known.failures.pop_front();
  known.not_before = now + wait_after(restart, known.attempts++);
  if (restart.policy == RestartPolicy::no ||
      known.failures.size() >= static_cast<std::size_t>(restart.burst)) {
    known.down_for_good = true;
  }
}

void Knowledge::start_failed(Known& known, Instant now) {
  if (known.intent != Intent::stop) failed(known, now);
}

void Knowledge::told_failure(const Action& action, Instant now) {
  const auto idle = [&]() -> Known& {
    Known& known = known_[action.subject];
    known.busy_with = nullptr;
    return known;
  };
  std::visit(Overloaded{
                 [&](const action::CreateNetwork&) { network_under_way[action.subject] = false; },
                 [&](const action::RemoveNetwork&) { network_under_way[action.subject] = false; },
                 [&](const action::ApplyView&) { view_under_way = false; },
                 [&](const action::CreateSandbox&) { start_failed(idle(), now); },
                 [&](const action::Launch&) {
                   Known& known = idle();
                   if (known.launching) start_failed(known, now);
                   known.launching = false;
                 },
                 [&](const action::StartUnit&) {
                   units_under_way.erase(action.subject);
                   unit_not_before[action.subject] = now + kUnitPause;
                 },
                 [](const action::Stop&) {},
                 [](const action::Kill&) {},
                 [&](const action::Probe& deed) {
                   Known& known = known_[action.subject];
                   if (known.probing != deed.launch_id) return;
                   known.probing = 0;
                   if (known.running && known.launch_id == deed.launch_id)
                     probed(known, false, now);
                 },
                 [&](const auto&) { idle(); },
             },
             action.deed);
}

}  // namespace berth::simulation
