// The worker at work: what wakes it, its turns, and what it does about events.
#include "supervisor/daemon/worker.h"

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <utility>

#include "supervisor/daemon/log.h"
#include "supervisor/plan/advance.h"
#include "supervisor/plan/reconcile.h"

namespace berth::daemon {

namespace {

using Kind = handoff::KeeperMessage::Kind;

// Rounds of reconcile in one turn; what is left is done in the next, after the loop has looked at
// its descriptors.
constexpr int kRoundsPerTurn = 16;

// What could not be recorded is tried again so often.
constexpr Duration kRecordRetry = std::chrono::seconds(1);

template <class... Handlers>
struct overloaded : Handlers... {
  using Handlers::operator()...;
};

}  // namespace

bool Worker::run() {
  heartbeat();
  loop_.run();
  if (!finished_) keep_changes();
  return (finished_ || leaving_) && !keeper_gone_;
}

void Worker::on_keeper() {
  bool gone = false;
  for (KeeperLink::Received& received : keeper_.receive(gone)) {
    on_keeper_message(std::move(received));
  }
  if (gone) {
    // Containers live on without us; the next keeper finds them.
    keeper_gone_ = true;
    loop_.stop();
  }
}

void Worker::on_keeper_message(KeeperLink::Received received) {
  const handoff::KeeperMessage& message = received.message;
  const Instant now = BootClock::now();
  switch (message.kind) {
    case Kind::launcher_ready: {
      const int fd = received.fd.get();
      pool_->add_launcher(message.id, std::move(received.fd), now);
      launcher_watches_[message.id] =
          loop_.watch(fd, Loop::kReadable, [this, number = message.id](int) {
            pool_->on_readable(number, BootClock::now());
            if (pool_->fd(number) < 0) launcher_watches_.erase(number);
          });
      break;
    }
    case Kind::launcher_gone:
      launcher_watches_.erase(message.id);
      pool_->launcher_gone(message.id, now);
      break;
    case Kind::exited:
      if (!host_->on_exit(message.id, message.code, message.status)) keeper_.drop(message.id);
      break;
    case Kind::stop: begin_shutdown(); break;
    case Kind::crashed: tell_crash(message); break;
    case Kind::leave:
      leaving_ = true;
      loop_.stop();
      break;
    default: break;
  }
}

// The loop turns: that is what the keeper wants to know.
void Worker::heartbeat() {
  keeper_.alive();
  heartbeat_.set(BootClock::now() + handoff::kHeartbeat);
}

void Worker::tell_crash(const handoff::KeeperMessage& crash) {
  const std::string how = crash.code == CLD_EXITED
                              ? "exited with " + std::to_string(crash.status)
                              : "was killed by signal " + std::to_string(crash.status);
  crash_ = "the worker before this one (pid " + std::to_string(crash.pid) + ") " + how;
  log::warning(crash_, {{"crashes", std::to_string(crash.id)}});
}

void Worker::on_server() {
  const auto processed = server_->process(BootClock::now());
  if (processed) return;
  log::error("the control socket fails", {{"error", processed.error().message()}});
  server_watch_ = {};
  server_.reset();
}

void Worker::read_definitions() {
  definition_watch_->begin_reading();
  const std::uint64_t before = definitions_.generation();
  const bool first = desired_.generation == 0;
  const Definitions::Reading reading{
      .read_again = [this](bool torn) { return definition_watch_->read_again(torn); },
      .held = [this] { return definition_watch_->held(); }};
  if (!definitions_.read(reading) && !first) return;
  adopt_definitions(definitions_.generation() != before || first);
}

void Worker::begin_shutdown() {
  if (std::exchange(desired_.shutting_down, true)) return;
  log::info("stopping everything");
  dirty_ = true;
}

bool Worker::turn() {
  if (finished_) return false;
  pool_->on_time(BootClock::now());
  host_->on_time(BootClock::now());
  if (const auto at = units_.wake_at(BootClock::now()); at && *at <= BootClock::now()) {
    units_.process(BootClock::now());
  }
  if (wake_at_ && *wake_at_ <= BootClock::now()) dirty_ = true;
  look_after_generations(BootClock::now());
  int rounds = 0;
  while (dirty_ || !events_.empty()) {
    if (++rounds > kRoundsPerTurn) return true;
    while (!events_.empty()) {
      const Event event = std::move(events_.front());
      events_.pop_front();
      apply(event);
    }
    dirty_ = false;
    if (sweeping_) break;
    const Instant now = BootClock::now();
    judge_generation(now);
    if (const WallClockPtr clock = wall_clock_->look()) apply(event::WallClockSet{clock});
    const Plan plan = reconcile(desired_, observed_, now);
    wake_at_ = plan.wake_at;
    // Until the plan is empty.
    if (!plan.actions.empty() || !plan.appointments.empty()) dirty_ = true;
    tell_skipped(plan);
    observed_ = carry_out(plan, std::move(observed_), *this, *this, now);
  }
  if (rounds > 0 || !record_trouble_.empty()) keep_changes();
  if (rounds > 0) publish();
  if (server_ && server_->wake_at() && *server_->wake_at() <= BootClock::now()) on_server();
  set_timer();
  return finish_shutdown();
}

void Worker::apply(const Event& event) {
  note(event);
  touch(event);
  observed_ = advance(std::move(observed_), event, BootClock::now());
}

void Worker::tell_skipped(const Plan& plan) const {
  for (const AppointmentChange& change : plan.appointments) {
    const auto found = observed_.containers.find(change.container);
    if (found == observed_.containers.end()) continue;
    if (change.appointment.skipped <= found->second.appointment.skipped) continue;
    log::warning("a run of its schedule is skipped: the one before is not over",
                 {{"container", change.container}});
  }
}

void Worker::set_timer() {
  std::optional<Instant> next = wake_at_;
  const auto consider = [&next](std::optional<Instant> at) {
    if (at) next = next ? std::min(*next, *at) : *at;
  };
  consider(pool_->next_deadline());
  consider(host_->next_deadline());
  consider(next_look());
  if (!record_trouble_.empty()) consider(BootClock::now() + kRecordRetry);
  consider(units_.wake_at(BootClock::now()));
  if (server_) consider(server_->wake_at());
  if (next)
    timer_.set(*next);
  else
    timer_.clear();
}

// Tells subscribers what changed.
void Worker::publish() {
  const auto changes = change_watch_.changes(observed_, wall_now());
  if (changes.empty()) return;
  for (const control::EventRecord& record : changes) {
    if (record.kind == "error" && !record.error.empty()) {
      log::warning("container", {{"container", record.container}, {"error", record.error}});
    } else if (record.kind == "phase") {
      const log::Level level = record.phase == "failed" || record.phase == "backing-off"
                                   ? log::Level::warning
                                   : log::Level::info;
      if (record.error.empty()) {
        log::write(level, "container", {{"container", record.container}, {"phase", record.phase}});
      } else {
        log::write(
            level, "container",
            {{"container", record.container}, {"phase", record.phase}, {"error", record.error}});
      }
    }
    if (server_) server_->emit(control::event_document(record));
  }
}

// True when the loop is to turn once more. When everything is gone, the loop ends.
bool Worker::finish_shutdown() {
  if (!desired_.shutting_down || dirty_ || !events_.empty() || pool_->unfinished() > 0) {
    return false;
  }
  if (!nothing_left(observed_)) return false;
  if (!std::exchange(removing_parents_, true)) {
    host_->remove_parents([this](const std::optional<Error>& error) {
      if (error) log::warning("a cgroup stays behind", {{"error", error->message()}});
      dirty_ = true;
    });
    return false;
  }
  server_watch_ = {};
  server_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(paths_.run() + "/running", ignored);
  records_->remove_all();
  log::info("everything is stopped");
  finished_ = true;
  keeper_.finished();
  loop_.stop();
  return false;
}

void Worker::submit(const Action& action) {
  log::debug("begin", {{"action", std::string(name_of(action.deed))},
                       {"container", action.subject},
                       {"reason", action.reason}});
  if (const auto* probe = std::get_if<action::Probe>(&action.deed);
      probe != nullptr && probe->spec->healthcheck.exec.empty()) {
    prober_->begin(action, host_->netns(action.subject));
    return;
  }
  if (const auto* watch = std::get_if<action::WatchUnits>(&action.deed)) {
    return watch_units(watch->units);
  }
  if (std::holds_alternative<action::StartUnit>(action.deed)) {
    log::info("starting a unit of systemd", {{"unit", action.subject}, {"reason", action.reason}});
    return units_.start(action);
  }
  if (const auto* launch = std::get_if<action::Launch>(&action.deed);
      launch != nullptr && launch->spec->healthcheck.notify) {
    const std::string path = paths_.run_of(action.subject) + "/notify";
    const auto made = notifier_->prepare(action.subject, launch->launch_id, path);
    if (!made) {
      events_.push_back(event::Failed{action, made.error().message()});
      return;
    }
    keeper_.hold(launch->launch_id, handoff::HeldKind::notify, *made);
  }
  host_->submit(action);
}

void Worker::watch_units(const std::set<std::string>& units) {
  units_.watch(units, BootClock::now());
  if (units_watch_ || units_.fd() < 0) return;
  units_watch_ =
      loop_.watch(units_.fd(), Loop::kReadable, [this](int) { units_.process(BootClock::now()); });
}

// What the shell itself does about an event, before it is a fact of the observed state.
void Worker::note(const Event& event) {
  std::visit(
      overloaded{[this](const event::Launched& launched) {
                   const auto found = observed_.containers.find(launched.container);
                   if (found == observed_.containers.end() || !found->second.spec) return;
                   logs_->begin(*found->second.spec, launched.launch_id,
                                host_->take_console(launched.container));
                   log::info("launched", {{"container", launched.container},
                                          {"pid", std::to_string(launched.pid)}});
                 },
                 [this](const event::Exited& exited) {
                   logs_->end(exited.container);
                   prober_->forget(exited.container);
                   notifier_->forget(exited.container);
                   log::info("exited", {{"container", exited.container},
                                        {"status", describe(exited.status)}});
                   if (server_) {
                     server_->emit(control::event_document(
                         control::exited_event(exited.container, exited.status, wall_now())));
                   }
                 },
                 [this](const event::RootRemoved& removed) {
                   if (desired_.containers.contains(removed.container)) return;
                   std::error_code failure;
                   std::filesystem::remove(paths_.stopped(removed.container), failure);
                 },
                 [this](const event::CleanedUp& cleaned) { logs_->close(cleaned.container); },
                 [this](const event::Updated& updated) {
                   const auto found = desired_.containers.find(updated.container);
                   if (found != desired_.containers.end()) logs_->reconfigure(*found->second);
                 },
                 [](const event::Failed& failed) {
                   log::warning("failed", {{"action", std::string(name_of(failed.action.deed))},
                                           {"container", failed.action.subject},
                                           {"error", failed.error}});
                 },
                 [this](const event::OperatorStop& stop) {
                   std::error_code failure;
                   std::filesystem::create_directories(paths_.state() + "/stopped", failure);
                   std::ofstream(paths_.stopped(stop.container)).flush();
                 },
                 [this](const event::OperatorStart& start) {
                   std::error_code failure;
                   std::filesystem::remove(paths_.stopped(start.container), failure);
                 },
                 [this](const event::OperatorRestart& restart) {
                   std::error_code failure;
                   std::filesystem::remove(paths_.stopped(restart.container), failure);
                 },
                 [](const auto&) {}},
      event);
}

}  // namespace berth::daemon
