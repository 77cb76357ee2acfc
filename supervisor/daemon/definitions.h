// Definitions: the accepted set of the moment, and what is wrong with the files.
#pragma once

#include <string>
#include <vector>

#include "supervisor/definition/load.h"
#include "supervisor/model/paths.h"
#include "supervisor/plan/state.h"

namespace berth::daemon {

class Definitions {
 public:
  explicit Definitions(Paths paths) : paths_(std::move(paths)) {}

  // Reads the directories, and makes what is good in them a new generation if it differs from
  // the last. True when it did, or when the problems changed.
  bool read();

  // What read() would accept now, without accepting it.
  [[nodiscard]] DesiredState preview(std::vector<Diagnostic>& problems) const;

  [[nodiscard]] const HostSpec& host() const { return host_; }
  [[nodiscard]] DesiredState desired() const;
  [[nodiscard]] std::uint64_t generation() const { return generation_; }
  // Of the last reading: every problem, sorted by file and line.
  [[nodiscard]] const std::vector<Diagnostic>& problems() const { return set_.problems; }

 private:
  Paths paths_;
  definition::AcceptedSet set_;
  HostSpec host_;
  bool host_known_ = false;  // host settings are taken once: they name what already exists
  std::uint64_t generation_ = 0;
};

}  // namespace berth::daemon
