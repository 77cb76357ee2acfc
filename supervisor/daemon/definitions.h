// Definitions: the accepted set of the moment, what is wrong with the files, and the generations
// that the sets are kept as.
//
// A set is in force only once it is kept: when that fails (a full disk), everything stays as it was
// and it is tried again. A rollback brings an earlier set back as a new generation, which is
// pinned: the files are not listened to until they differ from what they were then.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/daemon/generation_keeper.h"
#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"
#include "supervisor/model/paths.h"
#include "supervisor/plan/probation.h"
#include "supervisor/plan/state.h"

namespace berth::daemon {

class Definitions {
 public:
  explicit Definitions(const Paths& paths) : paths_(paths), keeper_(paths) {}

  // How to read while others may be writing; see DefinitionWatch.
  struct Reading {
    // Asked when everything was read, with Snapshot::torn. True: it is to be thrown away, for
    // there will be another reading. Empty: never.
    std::function<bool(bool torn)> read_again;
    // Then: files that were being written meanwhile, and so stay as they were. Empty: none.
    std::function<std::set<std::string>()> held;
  };

  // Reads the directories, and makes what is good in them a new generation if it differs from
  // the last. True when it did, or when the problems changed.
  bool read(const Reading& reading = {});
  // When to read again although nothing changed, because a set could not be kept.
  [[nodiscard]] std::optional<Instant> retry_at() const { return retry_at_; }

  // What read() would accept now, without accepting it.
  [[nodiscard]] DesiredState preview(std::vector<Diagnostic>& problems) const;

  [[nodiscard]] const HostSpec& host() const { return *host_; }
  [[nodiscard]] DesiredState desired() const;
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Why the generation in force is: "files changed".
  [[nodiscard]] std::string reason() const;
  // Of the last reading: every problem, sorted by file and line.
  [[nodiscard]] const std::vector<Diagnostic>& problems() const { return set_.problems; }
  // What else is to be said about the last reading, in sentences: a directory that is gone,
  // settings that wait for the next start, a pinned generation.
  [[nodiscard]] std::vector<std::string> notices() const;
  // Why the last reading is not in force as a whole: its errors with apply = "set", or a store that
  // does not take it. Empty: it is, or nothing differs.
  [[nodiscard]] const std::string& held_back() const { return held_back_; }
  // Names that the files mask, and the links that do it.
  [[nodiscard]] const std::map<std::string, std::string>& masked() const { return set_.masked; }
  // "pinned to generation 7 until the definitions change"; empty: nothing is pinned.
  [[nodiscard]] std::string pinned() const;

  // The definitions of a generation, as rollback() would put them in force; 0: the one before. An
  // error when there is none, or when it is what is in force.
  [[nodiscard]] Result<DesiredState> rollback_preview(std::uint64_t number);
  Result<void> rollback(std::uint64_t number);
  // What the files say is in force again. An error when nothing is pinned.
  [[nodiscard]] Result<DesiredState> cancel_preview() const;
  Result<void> cancel();

  // Looks after the generation on probation (rollback = "auto"): when its containers have failed
  // it, the one before comes back. True when that happened.
  bool judge(const DesiredState& desired, const ObservedState& observed, Instant now);
  // When to judge again, though nothing happens.
  [[nodiscard]] std::optional<Instant> judge_at() const;

 private:
  struct Probed {
    Probation terms;
    std::uint64_t number = 0;         // that is on probation
    std::uint64_t former = 0;         // that would come back
    std::optional<Instant> next_try;  // of bringing it back, which failed
  };

  void begin();
  [[nodiscard]] definition::LoadedSet load_from(const definition::Snapshot& snapshot) const;
  void take_host(const definition::LoadedSet& loaded);
  [[nodiscard]] Result<std::string> pin() const;
  [[nodiscard]] bool pin_holds(const definition::Snapshot& files, bool held) const;
  bool take(definition::AcceptedSet accepted, const definition::LoadedSet& loaded, bool unpinned);
  Result<void> put_in_force(definition::AcceptedSet set, generation::Manifest page);
  Result<definition::AcceptedSet> rollback_set(std::uint64_t& number);
  [[nodiscard]] Result<definition::AcceptedSet> cancelled_set() const;
  Result<void> undo(const std::string& reason);
  void begin_probation();

  Paths paths_;
  GenerationKeeper keeper_;
  definition::Snapshot files_;       // of the last reading
  bool being_written_ = false;       // some of them were, and so are not in it
  mutable definition::Cache cache_;  // spares work; changes no answer
  definition::AcceptedSet set_;

  // Taken at the start, for its keys name what exists by now; those of a live cost follow the file.
  std::optional<HostSpec> host_;
  std::vector<std::string> notices_;
  std::string trouble_;  // why the last set could not be kept
  std::string held_back_;
  std::optional<Instant> retry_at_;
  std::uint64_t generation_ = 0;  // 0: nothing is in force yet
  bool pinned_ = false;
  std::optional<Probed> probed_;
};

}  // namespace berth::daemon
