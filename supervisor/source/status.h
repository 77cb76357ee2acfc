// What is known of the source and its last sync: the document /var/lib/berth/source/status.json,
// and the decisions that are made from it. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/model/spec.h"
#include "supervisor/source/failure.h"
#include "supervisor/source/git_answers.h"

namespace berth::source {

// The checkout that is in force.
struct CheckoutStatus {
  std::string commit;
  std::string directory;  // its name in checkouts/
  std::string settings;   // what it was taken with: see settings_mark
  CommitFacts facts;
  std::string verify;    // how its signature was verified; "none": it was not
  std::string since;     // when it was put in place, RFC 3339
  std::string previous;  // the commit before it; empty: none
  // "descendant" of the one before, "not-a-descendant" (the branch was moved back or rewritten),
  // "unknown" (the one before is not among the last commits, or the server would not say);
  // empty without one before.
  std::string ancestry;
  std::int64_t files = 0;
  std::int64_t errors = 0;  // found in single files; berthd goes by its own findings
  std::string first_error;
};

struct AttemptStatus {
  std::string outcome;  // "updated", "up-to-date", "failed"
  std::string problem;  // problem_name of a failure
  std::string error;    // a sentence
  std::string commit;   // what it was about, where it got so far
  std::string settings;
  std::string time;  // when it ended, RFC 3339
};

struct SourceStatus {
  std::string repository, ref, path;  // of berthd.toml, without user and password
  std::optional<CheckoutStatus> checkout;
  std::optional<AttemptStatus> last;
};

std::string status_document(const SourceStatus& status);
// Unknown members are passed over; a document that is none is an error.
Result<SourceStatus> parse_status(std::string_view json);

std::string_view verify_name(VerifyMode mode);

// A mark of all that decides what a checkout holds and whether it is trusted, but the commit:
// repository, path, the way of verifying, and the content of the keys, but not the ref. When it
// differs from the mark of the checkout in force, that one has to be fetched and verified anew.
std::string settings_mark(const SourceSpec& source, std::string_view keys);

// Whether a timed sync has something to do now: never tried, other settings than last time, the
// interval is over, or the clock was set back.
bool is_due(const SourceStatus& status, const SourceSpec& source, const std::string& mark,
            WallTime now);

// Whether the checkout in force is this commit, taken with these settings.
bool is_in_force(const SourceStatus& status, const std::string& commit, const std::string& mark);

// "2026-01-02T03:04:05Z", with or without a fraction; what format_rfc3339 writes.
std::optional<WallTime> parse_rfc3339(std::string_view text);

}  // namespace berth::source
