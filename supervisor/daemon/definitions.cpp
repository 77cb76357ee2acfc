#include "supervisor/daemon/definitions.h"

#include <utility>

namespace berth::daemon {

namespace {

DesiredState to_desired(const definition::AcceptedSet& set, std::uint64_t generation) {
  DesiredState desired;
  desired.generation = generation;
  desired.containers = set.containers;
  desired.networks = set.networks;
  return desired;
}

}  // namespace

bool Definitions::read() {
  const definition::LoadedSet loaded =
      definition::load(definition::snapshot(paths_, /*trusted_only=*/true));
  definition::AcceptedSet accepted = definition::accept(loaded, set_);
  if (!std::exchange(host_known_, true)) host_ = loaded.host;
  // Specs that did not change keep their pointers, so this compares pointers.
  const bool changed = generation_ == 0 || accepted.containers != set_.containers ||
                       accepted.networks != set_.networks;
  const bool told = accepted.problems != set_.problems;
  set_ = std::move(accepted);
  if (changed) ++generation_;
  return changed || told;
}

DesiredState Definitions::preview(std::vector<Diagnostic>& problems) const {
  definition::AcceptedSet accepted = definition::accept(
      definition::load(definition::snapshot(paths_, /*trusted_only=*/true)), set_);
  problems = std::move(accepted.problems);
  return to_desired(accepted, generation_);
}

DesiredState Definitions::desired() const { return to_desired(set_, generation_); }

}  // namespace berth::daemon
