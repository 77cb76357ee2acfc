#include "supervisor/source/sync.h"

#include <algorithm>
#include <filesystem>

#include "supervisor/base/scope_exit.h"
#include "supervisor/definition/load.h"
#include "supervisor/source/account.h"
#include "supervisor/source/checkouts.h"
#include "supervisor/source/fetch.h"
#include "supervisor/source/settings.h"
#include "supervisor/source/verify.h"

namespace berth::source {
namespace {

// One attempt, from the settings to a checkout in force.
class Attempt {
 public:
  Attempt(const Paths& paths, const HostSpec& host, const Request& request, Instant deadline,
          SourceStatus& status)
      : paths_(paths), host_(host), request_(request), deadline_(deadline), status_(status) {}

  // The commit that it was about, as far as that is known.
  [[nodiscard]] const std::string& commit() const { return commit_; }

  // "updated" or "up-to-date".
  Outcome<std::string> run(std::string keys, const std::string& mark) {
    SessionSettings settings = TRY(read_settings(paths_, host_.source, std::move(keys)));
    settings.ids = TRY(as(Problem::local, choose_account()));
    settings.work = TRY(as(Problem::local, make_work(paths_, room_names(), settings.ids)));
    const scope_exit clean_up([&] { remove_work(paths_); });
    settings.deadline = deadline_;
    settings.bytes_max = request_.fetch_bytes_max;
    TRY(check_origin(settings.repository));
    const GitSession session(std::move(settings));

    const RemoteRef remote = TRY(look_up(session));
    commit_ = remote.id;
    if (is_in_force(status_, commit_, mark)) return std::string("up-to-date");
    const Fetched fetched = TRY(fetch(session, remote));
    commit_ = fetched.commit;
    const Verified verified = TRY(verify(session, fetched));

    CheckoutStatus next;
    next.commit = commit_;
    next.settings = mark;
    next.facts = verified.facts;
    next.verify = verify_name(host_.source.verify);
    next.files = static_cast<std::int64_t>(verified.files.size());
    note_one_before(session, remote, next);
    TRY(put_in_force(verified, next));
    return std::string("updated");
  }

 private:
  // git's own message would speak of a place in the sandbox.
  static Outcome<> check_origin(const Repository& repository) {
    std::error_code failure;
    if (repository.transport != Transport::file ||
        std::filesystem::is_directory(repository.directory, failure)) {
      return {};
    }
    return failed(Problem::unreachable,
                  "there is no directory " + clean_text(repository.directory));
  }

  void note_one_before(const GitSession& session, const RemoteRef& remote, CheckoutStatus& next) {
    if (!status_.checkout) return;
    const CheckoutStatus& before = *status_.checkout;
    if (before.commit == next.commit) {
      next.previous = before.previous;
      next.ancestry = before.ancestry;
      return;
    }
    next.previous = before.commit;
    next.ancestry = find_ancestry(session, remote, next.commit, before.commit);
  }

  // Counts the mistakes of single files. How they fit together is berthd's to say, which knows
  // the other layers too.
  Outcome<> check_definitions(const std::string& directory, CheckoutStatus& next) const {
    const definition::LoadedSet set =
        definition::load(definition::snapshot_of({directory}), &host_);
    for (const Diagnostic& problem : set.file_problems) {
      if (problem.severity != Severity::error) continue;
      if (next.errors++ != 0) continue;
      Diagnostic first = problem;
      const std::string prefix = directory + "/";
      if (first.pos.file.starts_with(prefix)) first.pos.file.erase(0, prefix.size());
      next.first_error = clean_text(format(first));
    }
    if (next.errors == 0 || host_.apply != ApplyMode::set) return {};
    return failed(Problem::definitions,
                  "apply = \"set\", and the definitions have " + std::to_string(next.errors) +
                      (next.errors == 1 ? " error: " : " errors, the first: ") + next.first_error);
  }

  Outcome<> put_in_force(const Verified& verified, CheckoutStatus& next) {
    next.directory = TRY(
        as(Problem::local, write_checkout(paths_, next.commit, verified.files, verified.contents)));
    scope_exit undo([&] { remove_checkout(paths_, next.directory); });
    TRY(check_definitions(checkout_directory(paths_, next.directory), next));
    TRY(as(Problem::local, swap_checkout(paths_, next.directory)));
    undo.release();
    next.since = format_rfc3339(wall_now());
    status_.checkout = std::move(next);
    return {};
  }

  const Paths& paths_;
  const HostSpec& host_;
  const Request& request_;
  Instant deadline_;
  SourceStatus& status_;
  std::string commit_;
};

void note_source(SourceStatus& status, const SourceSpec& source) {
  status.repository = clean_text(source.repository);
  status.ref = source.ref;
  status.path = source.path;
}

AttemptStatus note_failure(const Failure& failure) {
  AttemptStatus attempt;
  attempt.outcome = "failed";
  attempt.problem = problem_name(failure.problem);
  attempt.error = clean_text(failure.what, 600);
  return attempt;
}

// What came of it, written down.
Result<Report> conclude(const Paths& paths, SourceStatus status, AttemptStatus attempt) {
  attempt.time = format_rfc3339(wall_now());
  status.last = std::move(attempt);
  TRY(write_status(paths, status));
  return Report{Done::tried, std::move(status)};
}

}  // namespace

Result<Report> sync(const Paths& paths, const Request& request) {
  const Instant deadline = BootClock::now() + request.timeout;
  const auto host = read_host(paths);
  if (host && host->source.repository.empty()) return Report{Done::not_configured, {}};
  const Instant patience = request.if_due ? BootClock::now() : deadline;
  const unique_fd lock = TRY(take_lock(paths, patience));
  SourceStatus status = read_status(paths);
  if (!lock) return Report{Done::busy, std::move(status)};
  if (!host) {
    const Failure failure{Problem::settings, host.error().message()};
    return conclude(paths, std::move(status), note_failure(failure));
  }
  const SourceSpec& source = host->source;
  auto keys = read_keys(paths, source);
  const std::string mark = settings_mark(source, keys ? *keys : "");
  if (request.if_due && !is_due(status, source, mark, wall_now())) {
    return Report{Done::not_due, std::move(status)};
  }
  note_source(status, source);
  AttemptStatus attempt;
  if (!keys) {
    attempt = note_failure(keys.error());
  } else {
    Attempt work(paths, *host, request, deadline, status);
    const auto outcome = work.run(std::move(*keys), mark);
    attempt = outcome ? AttemptStatus{} : note_failure(outcome.error());
    if (outcome) attempt.outcome = *outcome;
    attempt.commit = work.commit();
  }
  attempt.settings = mark;
  return conclude(paths, std::move(status), std::move(attempt));
}

}  // namespace berth::source
