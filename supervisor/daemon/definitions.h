// Definitions: the accepted set of the moment, and what is wrong with the files.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"
#include "supervisor/model/paths.h"
#include "supervisor/plan/state.h"

namespace berth::daemon {

class Definitions {
 public:
  explicit Definitions(Paths paths) : paths_(std::move(paths)) {}

  // How to read while others may be writing; see DefinitionWatch.
  struct Reading {
    std::set<std::string> held;  // files that are being written: they stay as they were
    // Asked when everything was read, with Snapshot::torn. True: it is to be thrown away, for
    // there will be another reading. Empty: never.
    std::function<bool(bool torn)> read_again;
  };

  // Reads the directories, and makes what is good in them a new generation if it differs from
  // the last. True when it did, or when the problems changed.
  bool read(const Reading& reading = {});

  // What read() would accept now, without accepting it.
  [[nodiscard]] DesiredState preview(std::vector<Diagnostic>& problems) const;

  [[nodiscard]] const HostSpec& host() const { return *host_; }
  [[nodiscard]] DesiredState desired() const;
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Of the last reading: every problem, sorted by file and line.
  [[nodiscard]] const std::vector<Diagnostic>& problems() const { return set_.problems; }
  // What else is to be said about the last reading, in sentences: a directory that is gone,
  // settings that wait for the next start.
  [[nodiscard]] const std::vector<std::string>& notices() const { return notices_; }

 private:
  Paths paths_;
  mutable definition::Cache cache_;  // spares work; changes no answer
  definition::AcceptedSet set_;
  [[nodiscard]] definition::LoadedSet load_from(const definition::Snapshot& snapshot) const;
  void take_host(const definition::LoadedSet& loaded);

  // Taken at the start, for its keys name what exists by now; only log_level and apply follow the
  // file.
  std::optional<HostSpec> host_;
  std::vector<std::string> notices_;
  std::uint64_t generation_ = 0;
};

}  // namespace berth::daemon
