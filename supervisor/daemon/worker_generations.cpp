// The worker and generations of definitions: taking a new one in, judging it, and going back.
#include "supervisor/control/documents.h"
#include "supervisor/daemon/log.h"
#include "supervisor/daemon/worker.h"
#include "supervisor/plan/preview.h"

namespace berth::daemon {

// What definitions_ holds is desired from now on.
void Worker::adopt_definitions(bool new_generation) {
  for (const Diagnostic& problem : definitions_.problems()) {
    if (problem.severity == Severity::error)
      log::error(format(problem));
    else
      log::warning(format(problem));
  }
  for (const std::string& notice : definitions_.notices()) log::warning(notice);
  log::set_level(definitions_.host().log_level);
  const bool shutting_down = desired_.shutting_down;
  desired_ = definitions_.desired();
  desired_.shutting_down = shutting_down;
  wall_clock_->use(desired_);
  dirty_ = true;
  if (std::exchange(told_held_back_, definitions_.held_back()) != definitions_.held_back() &&
      !told_held_back_.empty()) {
    tell_of_generation("held-back", told_held_back_);
  }
  if (!new_generation) return;
  log::info("definitions accepted", {{"generation", std::to_string(desired_.generation)},
                                     {"containers", std::to_string(desired_.containers.size())},
                                     {"reason", definitions_.reason()}});
  tell_of_generation("generation", definitions_.reason());
}

void Worker::tell_of_generation(const char* kind, const std::string& message) {
  control::EventRecord record;
  record.time = format_rfc3339(wall_now());
  record.kind = kind;
  record.generation = desired_.generation;
  record.message = message;
  if (server_) server_->emit(control::event_document(record));
}

void Worker::judge_generation(Instant now) {
  if (desired_.shutting_down) return;
  const std::uint64_t before = definitions_.generation();
  if (!definitions_.judge(desired_, observed_, now)) return;
  adopt_definitions(definitions_.generation() != before);
}

// What time alone asks for: the end of a probation, and another try to keep a generation.
void Worker::look_after_generations(Instant now) {
  const auto due = [now](std::optional<Instant> at) { return at && *at <= now; };
  if (desired_.shutting_down) return;
  if (due(definitions_.judge_at())) dirty_ = true;
  if (due(definitions_.retry_at())) read_definitions();
}

std::optional<Instant> Worker::next_look() const {
  if (desired_.shutting_down) return std::nullopt;
  const auto judge = definitions_.judge_at();
  const auto retry = definitions_.retry_at();
  return judge && retry ? std::min(*judge, *retry) : (judge ? judge : retry);
}

std::string Worker::rollback_answer(const DesiredState& desired) const {
  control::RollbackAnswer answer;
  answer.generation = definitions_.generation();
  answer.reason = definitions_.reason();
  answer.pinned = definitions_.pinned();
  const Preview items = preview(desired_, desired, observed_, BootClock::now());
  return control::rollback_document(std::move(answer), items.items);
}

control::CallResult<std::string> Worker::rollback(std::uint64_t number, bool dry_run) {
  if (desired_.shutting_down) {
    return std::unexpected(control::CallError{"ShuttingDown", "berthd is stopping"});
  }
  if (dry_run) {
    const auto desired = definitions_.rollback_preview(number);
    if (desired) return rollback_answer(*desired);
    return std::unexpected(control::CallError{"CannotRollBack", desired.error().message()});
  }
  const auto done = definitions_.rollback(number);
  if (!done) return std::unexpected(control::CallError{"CannotRollBack", done.error().message()});
  std::string answer = rollback_answer(definitions_.desired());
  adopt_definitions(true);
  return answer;
}

control::CallResult<std::string> Worker::cancel_rollback(bool dry_run) {
  if (desired_.shutting_down) {
    return std::unexpected(control::CallError{"ShuttingDown", "berthd is stopping"});
  }
  if (dry_run) {
    const auto desired = definitions_.cancel_preview();
    if (desired) return rollback_answer(*desired);
    return std::unexpected(control::CallError{"NotPinned", desired.error().message()});
  }
  const auto done = definitions_.cancel();
  if (!done) return std::unexpected(control::CallError{"NotPinned", done.error().message()});
  std::string answer = rollback_answer(definitions_.desired());
  adopt_definitions(true);
  return answer;
}

}  // namespace berth::daemon
