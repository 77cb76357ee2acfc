// Manifest: the page of one generation in the history. Pure; as JSON in the store.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/result.h"
#include "supervisor/generation/listing.h"

namespace berth::generation {

// What became of it.
enum class Outcome {
  taken,      // in force without further ado
  probation,  // its changed containers have a while to get ready (rollback = "auto")
  ready,      // they did
  undone,     // they did not; a later generation undoes it
  replaced    // files changed before it was known
};
std::string_view name_of(Outcome outcome);  // "on probation"

// Names that changed: all are counted, the first few are named.
struct NameList {
  std::uint64_t count = 0;
  std::vector<std::string> names;
  bool operator==(const NameList&) const = default;
};
NameList name_list(const std::vector<std::string>& names);

struct Manifest {
  std::uint64_t number = 0;
  std::string time;    // when it was accepted, RFC 3339
  std::string hash;    // of its listing
  std::string commit;  // of the git work tree that the definitions were in; empty: none
  std::string reason;  // "files changed", "rollback to generation 7"
  Outcome outcome = Outcome::taken;
  std::uint64_t copy_of = 0;  // the generation that a rollback brought back; 0: none
  std::uint64_t undoes = 0;   // the generation that failed its probation; 0: none
  // A fingerprint of the files when a rollback was made: as long as they are so, it is in force.
  std::string pin;
  NameList added, changed, removed;  // containers, against the generation before
  NameList networks;                 // networks that were added, changed or removed
  // Containers that are as an earlier generation had them, because their files were bad.
  NameList kept;
  bool operator==(const Manifest&) const = default;
};

std::string to_json(const Manifest& manifest);
Result<Manifest> parse_manifest(std::string_view json);
// JSON: an array of such, with the members in_force and pinned, newest first.
std::string history_document(const std::vector<Manifest>& newest_first);

}  // namespace berth::generation
