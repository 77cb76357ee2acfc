// From the bytes of a commit to files that can be written: hashed anew, verified, checked.
#pragma once

#include <string>
#include <vector>

#include "supervisor/source/fetch.h"
#include "supervisor/source/git_session.h"
#include "supervisor/source/tree_stream.h"

namespace berth::source {

struct Verified {
  CommitFacts facts;
  std::vector<WantedFile> files;
  std::vector<std::string> contents;  // of each file
};
Outcome<Verified> verify(const GitSession& session, const Fetched& fetched);

}  // namespace berth::source
