// What git answered, understood: refs of a remote, the verdict on a signature, and which kind of
// failure its messages tell of. Everything here may be a stranger's text. Pure.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/source/failure.h"
#include "supervisor/source/repository.h"
#include "supervisor/source/sandbox.h"

namespace berth::source {

struct RemoteRef {
  std::string name;  // what to fetch: "refs/heads/main", "HEAD"
  std::string id;    // the object that it stands for, an annotated tag's commit
};
// From the output of `git ls-remote` ("ID\tNAME\n"). A branch and a tag of one name are an error,
// as nobody can say which is meant.
Outcome<RemoteRef> choose_ref(std::string_view listing, const Ref& ref);

// A failed command; `doing`: "fetch main". The last word of git's own message is kept.
Failure explain_failure(const Ended& ended, const std::string& doing);

// What is known of a commit, cleaned for one line each.
struct CommitFacts {
  std::string author, committed, subject;
  std::string signer, key;  // empty when nothing was verified
};
// The format that `git log` is asked for, and what it prints.
inline constexpr const char* kFactsFormat = "%an <%ae>%x00%cI%x00%s%x00%G?%x00%GS%x00%GF";
inline constexpr const char* kFactsFormatUnverified = "%an <%ae>%x00%cI%x00%s%x00%x00%x00";

struct Facts {
  CommitFacts commit;
  char signature = '\0';  // of %G?: G, B, U, X, Y, R, E, N
};
Result<Facts> parse_facts(std::string_view text);

// verified: how `git verify-commit --raw` ended, which alone decides; the rest says why not.
Outcome<> judge_signature(const Ended& verified, const Facts& facts);

}  // namespace berth::source
