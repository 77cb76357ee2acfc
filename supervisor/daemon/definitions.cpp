#include "supervisor/daemon/definitions.h"

#include <algorithm>
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

// The settings that the file names and that are not in force, in a sentence.
std::string waiting_settings(const HostSpec& in_force, const HostSpec& written) {
  std::string keys;
  const auto compare = [&keys](const char* key, const std::string& now, const std::string& then) {
    if (now != then) keys += (keys.empty() ? "" : ", ") + std::string(key);
  };
  compare("cgroup", in_force.cgroup, written.cgroup);
  compare("bridge", in_force.bridge, written.bridge);
  compare("subnet", in_force.subnet, written.subnet);
  compare("nft_table", in_force.nft_table, written.nft_table);
  return keys.empty() ? ""
                      : "berthd.toml: " + keys + ": changed; in force from berthd's next start";
}

}  // namespace

definition::LoadedSet Definitions::load_from(const definition::Snapshot& snapshot) const {
  return definition::load(snapshot, host_ ? &*host_ : nullptr, &cache_);
}

void Definitions::take_host(const definition::LoadedSet& loaded) {
  notices_.clear();
  if (!host_) host_ = loaded.host;
  if (loaded.missing_directory) {
    notices_.push_back(
        paths_.containers() +
        " is not there, or not to be trusted: every container keeps its last definition");
  }
  if (loaded.host_failed) return;
  host_->log_level = loaded.host.log_level;
  host_->apply = loaded.host.apply;
  const std::string waiting = waiting_settings(*host_, loaded.host);
  if (!waiting.empty()) notices_.push_back(waiting);
}

bool Definitions::read(const Reading& reading) {
  const definition::Snapshot snapshot =
      definition::snapshot(paths_, /*trusted_only=*/true, &cache_, reading.held);
  if (reading.read_again && reading.read_again(snapshot.torn)) return false;
  const definition::LoadedSet loaded = load_from(snapshot);
  definition::AcceptedSet accepted = definition::accept(loaded, set_);
  const std::vector<std::string> notices_before = notices_;
  take_host(loaded);
  if (accepted.held_back) {
    notices_.push_back(
        "apply = \"set\": the definitions have errors, so none of their changes is "
        "applied; everything keeps its last definition");
  }
  // Specs that did not change keep their pointers, so this compares pointers.
  const bool changed = generation_ == 0 || accepted.containers != set_.containers ||
                       accepted.networks != set_.networks;
  const bool told = accepted.problems != set_.problems || notices_ != notices_before;
  set_ = std::move(accepted);
  if (changed) ++generation_;
  return changed || told;
}

DesiredState Definitions::preview(std::vector<Diagnostic>& problems) const {
  const definition::Snapshot snapshot =
      definition::snapshot(paths_, /*trusted_only=*/true, &cache_);
  definition::AcceptedSet accepted = definition::accept(load_from(snapshot), set_);
  problems = std::move(accepted.problems);
  return to_desired(accepted, generation_);
}

DesiredState Definitions::desired() const { return to_desired(set_, generation_); }

}  // namespace berth::daemon
