// From a remote repository to the bytes of one commit: what happens while nothing is trusted yet.
#pragma once

#include <string>

#include "supervisor/source/git_answers.h"
#include "supervisor/source/git_session.h"

namespace berth::source {

// What the ref stands for now. Of a commit's id nothing has to be asked.
Outcome<RemoteRef> look_up(const GitSession& session);

struct Fetched {
  std::string commit;
  // The commit, the trees on the way and the files below the directory's containers/ and
  // networks/, as a pack; whether its objects are what they are called is still to be seen.
  std::string pack;
};
// One commit deep, and of a server that can do so only the files that are needed. What is there by
// now may be a later commit than the one that was looked up.
Outcome<Fetched> fetch(const GitSession& session, const RemoteRef& remote);

// "descendant", "not-a-descendant" or "unknown": whether `before` is among the ancestors of
// `commit`. It looks at the last 500 commits, and fetches them without their files. A server that
// fails here fails nothing.
std::string find_ancestry(const GitSession& session, const RemoteRef& remote,
                          const std::string& commit, const std::string& before);

}  // namespace berth::source
