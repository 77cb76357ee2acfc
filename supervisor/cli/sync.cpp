// berth sync: takes the definitions from the git repository of berthd.toml's [source], now.
#include "supervisor/source/sync.h"

#include <cerrno>
#include <optional>

#include <unistd.h>

#include "supervisor/base/units.h"
#include "supervisor/cli/command.h"
#include "supervisor/cli/sheet.h"
#include "supervisor/source/checkouts.h"

namespace berth::cli {

namespace {

std::string short_id(const std::string& commit) { return commit.substr(0, 12); }

std::string shown_ref(const source::SourceStatus& status) {
  return status.ref.empty() ? "HEAD" : status.ref;
}

std::string signature(const source::CheckoutStatus& checkout) {
  if (checkout.verify == "none") return "not verified";
  return "signed by " + checkout.facts.signer;
}

std::string ancestry(const source::CheckoutStatus& checkout) {
  const std::string before = short_id(checkout.previous);
  if (checkout.ancestry == "not-a-descendant") return "not a descendant of " + before;
  if (checkout.ancestry == "unknown") return "not known to be a descendant of " + before;
  return "";
}

std::string files(const source::CheckoutStatus& checkout) {
  std::string text = std::to_string(checkout.files) + (checkout.files == 1 ? " file" : " files");
  if (checkout.errors == 0) return text;
  return text + ", " + std::to_string(checkout.errors) +
         (checkout.errors == 1 ? " error: " : " errors, the first: ") + checkout.first_error;
}

std::string sheet_of(const source::SourceStatus& status, const Terminal& terminal) {
  Sheet sheet(terminal);
  sheet.line("repository", status.repository, Colour::bold);
  sheet.line("ref", shown_ref(status));
  sheet.line("path", status.path);
  if (const auto& checkout = status.checkout) {
    sheet.line("commit", checkout->commit);
    sheet.line("subject", checkout->facts.subject);
    sheet.line("author", checkout->facts.author);
    sheet.line("committed", checkout->facts.committed);
    sheet.line("signature", signature(*checkout));
    sheet.line("key", checkout->facts.key);
    sheet.line("since", checkout->since);
    sheet.line("before", checkout->previous);
    sheet.line("ancestry", ancestry(*checkout), Colour::yellow);
    sheet.line("files", files(*checkout), checkout->errors == 0 ? Colour::plain : Colour::red);
  } else {
    sheet.line("commit", "none is in force", Colour::yellow);
  }
  if (const auto& last = status.last) {
    sheet.line("last sync", last->time + ": " + last->outcome);
    const std::string about = last->commit.empty() ? "" : " (commit " + last->commit + ")";
    sheet.line("error", last->error.empty() ? "" : last->problem + ": " + last->error + about,
               Colour::red);
  }
  return sheet.text();
}

// One line for a log.
std::string sentence(const source::SourceStatus& status) {
  if (!status.checkout) return "no checkout\n";
  const source::CheckoutStatus& checkout = *status.checkout;
  const std::string what = shown_ref(status) + " at " + short_id(checkout.commit);
  if (status.last->outcome == "up-to-date") return "up to date: " + what + "\n";
  std::string text = "took " + what + ", " + signature(checkout) + ": " + files(checkout);
  const std::string descent = ancestry(checkout);
  if (!descent.empty()) text += "; " + descent;
  return escaped(text) + "\n";
}

class Sync : public Command {
 public:
  void declare(Options& options) override {
    options.flag("--status", status_, "only tell what is in force, and how the last sync went");
    options.flag("--if-due", if_due_, "do nothing before source.interval is over (for the timer)");
    options.option("--timeout", timeout_, "how long it may take (5m)");
    options.option("--max-fetch", fetch_max_, "how much a fetch may write (256M)");
    options.output(json_);
    options.footer(
        "Fetches the ref of [source] in berthd.toml as an unprivileged process, verifies its\n"
        "commit, and puts its files in force as one change. Whatever stands in the way, the\n"
        "checkout that is in force stays. Needs root, and not berthd. Exit code 0: up to date by\n"
        "now; 1: it failed, or (--status) the last sync did.");
  }

  Result<int> run(const Context& context) override {
    if (status_) return tell(context, source::read_status(context.paths));
    if (::geteuid() != 0) return fail("sync needs root");
    source::Request request;
    request.if_due = if_due_;
    if (timeout_) request.timeout = *timeout_;
    if (!fetch_max_.empty()) request.fetch_bytes_max = TRY(parse_bytes(fetch_max_)).count;
    const source::Report report = TRY(source::sync(context.paths, request));
    switch (report.done) {
      case source::Done::not_configured:
        if (if_due_) return kDone;
        return fail("berthd.toml has no [source]");
      case source::Done::not_due: return kDone;
      case source::Done::busy:
        if (if_due_) return kDone;
        return fail("another sync is running");
      case source::Done::tried: break;
    }
    return tell_attempt(report.status);
  }

 private:
  static bool went_well(const source::SourceStatus& status) {
    return status.last && status.last->outcome != "failed";
  }

  Result<int> tell(const Context& context, const source::SourceStatus& status) const {
    if (json_) {
      print(source::status_document(status));
    } else if (!status.last) {
      const std::string file = source::status_file(context.paths);
      if (::access(file.c_str(), R_OK) != 0 && errno == EACCES) {
        return fail_errno("cannot read " + file);
      }
      return fail("there was no sync yet");
    } else {
      print(sheet_of(status, context.out));
    }
    return went_well(status) ? kDone : kError;
  }

  [[nodiscard]] Result<int> tell_attempt(const source::SourceStatus& status) const {
    if (json_) print(source::status_document(status));
    if (went_well(status)) {
      if (!json_) print(sentence(status));
      return kDone;
    }
    const source::AttemptStatus& last = *status.last;
    const std::string stays =
        status.checkout ? "; " + short_id(status.checkout->commit) + " stays in force" : "";
    const std::string about = last.commit.empty() ? "" : " (commit " + short_id(last.commit) + ")";
    complain("berth: sync: " + last.problem + ": " + escaped(last.error) + about + stays + "\n");
    return kError;
  }

  bool status_ = false;
  bool if_due_ = false;
  bool json_ = false;
  std::optional<Duration> timeout_;
  std::string fetch_max_;
};

}  // namespace

CommandPtr make_sync() { return std::make_unique<Sync>(); }

}  // namespace berth::cli
