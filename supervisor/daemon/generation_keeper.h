// GenerationKeeper: the store of generations as the daemon uses it. It knows which one is in force
// and what that is made of; it decides nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"
#include "supervisor/generation/restore.h"
#include "supervisor/generation/store.h"

namespace berth::daemon {

class GenerationKeeper {
 public:
  explicit GenerationKeeper(const Paths& paths) : paths_(paths) {}

  // Opens the store, and takes the last generation that is whole as the one in force. What cannot
  // be done is in notices().
  void open();

  // False: there is nowhere to keep generations; notices() says why.
  [[nodiscard]] bool has_store() const { return store_.has_value(); }
  // The one in force; null: there is none.
  [[nodiscard]] const generation::Manifest* in_force() const;
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

  // Its definitions, with the files of this moment at hand.
  definition::AcceptedSet restore_in_force(const definition::Snapshot& files, const HostSpec& host,
                                           definition::Cache& cache);
  // The definitions of another one. An error, in a sentence, when there is no such generation, or
  // not all of it can be brought back.
  Result<definition::AcceptedSet> bring_back(std::uint64_t number,
                                             const definition::AcceptedSet& now,
                                             const HostSpec& host);

  // Whether this is what the generation in force is made of.
  bool is_in_force(const definition::AcceptedSet& set, const HostSpec& host);
  // Makes this the generation in force. `page` says why; number, hash, time, commit and what
  // changed are filled in. When it fails, nothing has changed.
  Result<void> keep(const definition::AcceptedSet& set, const HostSpec& host,
                    generation::Manifest page);
  void set_outcome(std::uint64_t number, generation::Outcome outcome);

  [[nodiscard]] std::string fingerprint(const definition::Snapshot& files) const;

  // The newest generation before the one in force that has other definitions and was not undone;
  // for probation, one that is known to be good. std::nullopt: there is none.
  enum class For { operators, probation };
  [[nodiscard]] std::optional<std::uint64_t> before_in_force(For purpose) const;
  // Containers that the generation in force adds or changes, against that one.
  [[nodiscard]] std::vector<std::string> changed_since(std::uint64_t number) const;

 private:
  void finish_outcomes();
  [[nodiscard]] Result<void> can_keep() const;

  Paths paths_;
  generation::DiskFiles files_;
  std::optional<generation::Store> store_;
  generation::Listing listing_;          // of the one in force
  mutable generation::Digests digests_;  // spares work; changes no answer
  std::vector<std::string> notices_;
};

}  // namespace berth::daemon
