#include "supervisor/daemon/definitions.h"

#include <algorithm>
#include <utility>

namespace berth::daemon {

namespace {

using generation::Manifest;

constexpr std::chrono::seconds kRetry{10};

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
  compare("subnet6", in_force.subnet6, written.subnet6);
  compare("nft_table", in_force.nft_table, written.nft_table);
  return keys.empty() ? ""
                      : "berthd.toml: " + keys + ": changed; in force from berthd's next start";
}

bool same_texts(const std::vector<SourceText>& left, const std::vector<SourceText>& right) {
  return std::ranges::equal(left, right, [](const SourceText& one, const SourceText& other) {
    return one.path == other.path && *one.content == *other.content;
  });
}

// What holds a set back that counts as one: its first error, and how many there are.
std::string first_of_errors(const std::vector<Diagnostic>& problems) {
  std::string sentence;
  int more = -1;
  for (const Diagnostic& problem : problems) {
    if (problem.severity != Severity::error) continue;
    if (sentence.empty()) sentence = format(problem);
    ++more;
  }
  if (more <= 0) return sentence;
  return sentence + " (and " + std::to_string(more) + " more)";
}

// Containers that are as they were before, because what their files say now cannot be.
std::vector<std::string> kept_names(const definition::AcceptedSet& accepted,
                                    const definition::LoadedSet& loaded) {
  std::vector<std::string> names;
  for (const auto& [name, spec] : accepted.containers) {
    const auto is_fresh = [&](const auto& specs) {
      const auto found = specs.find(name);
      return found != specs.end() && same_texts(found->second->sources, spec->sources);
    };
    if (!is_fresh(loaded.containers) && !is_fresh(loaded.unfit)) names.push_back(name);
  }
  return names;
}

}  // namespace

definition::LoadedSet Definitions::load_from(const definition::Snapshot& snapshot) const {
  return definition::load(snapshot, host_ ? &*host_ : nullptr, &cache_);
}

// The generation that was in force last is what a bad file falls back to, and what a directory
// that is not there keeps.
void Definitions::begin() {
  keeper_.open();
  definition::Snapshot host_files;
  host_files.host = files_.host;
  const HostSpec host = definition::load(host_files).host;
  set_ = keeper_.restore_in_force(files_, host, cache_);
  if (keeper_.in_force() == nullptr) return;
  generation_ = keeper_.in_force()->number;
  pinned_ = !keeper_.in_force()->pin.empty();
}

void Definitions::take_host(const definition::LoadedSet& loaded) {
  notices_.clear();
  if (!host_) host_ = loaded.host;
  if (loaded.missing_directory) {
    notices_.push_back(
        paths_.containers() +
        " is not there, or not to be trusted: what was defined there keeps its last definition");
  }
  if (loaded.host_failed) return;
  host_->log_level = loaded.host.log_level;
  host_->apply = loaded.host.apply;
  host_->rollback = loaded.host.rollback;
  host_->rollback_after = loaded.host.rollback_after;
  host_->keep_generations = loaded.host.keep_generations;
  const std::string waiting = waiting_settings(*host_, loaded.host);
  if (!waiting.empty()) notices_.push_back(waiting);
}

bool Definitions::read(const Reading& reading) {
  definition::Snapshot snapshot = definition::snapshot(paths_, /*trusted_only=*/true, &cache_);
  if (reading.read_again && reading.read_again(snapshot.torn)) return false;
  const std::set<std::string> held = reading.held ? reading.held() : std::set<std::string>();
  definition::hold_back(snapshot, paths_, held);
  files_ = std::move(snapshot);
  being_written_ = !held.empty();
  const bool first = !host_;
  if (first) begin();
  const definition::LoadedSet loaded = load_from(files_);
  definition::AcceptedSet accepted = definition::accept(loaded, set_);
  const std::vector<std::string> notices_before = notices();
  const std::vector<Diagnostic> problems_before =
      std::exchange(set_.problems, std::move(accepted.problems));
  set_.masked = std::move(accepted.masked);
  const std::vector<SourceText> host_before = host_ ? host_->sources : loaded.host.sources;
  take_host(loaded);
  held_back_.clear();
  if (accepted.held_back) {
    held_back_ = first_of_errors(set_.problems);
    notices_.push_back(
        "apply = \"set\": the definitions have errors, so none of their changes is "
        "applied; everything keeps its last definition");
  }
  // A berthd.toml that is bad at the start ends the start: nothing is to be kept of that.
  if (first && loaded.host_failed) return true;
  const bool was_pinned = pinned_;
  pinned_ = pinned_ && pin_holds(files_, !held.empty());
  bool changed = false;
  if (!pinned_) {
    if (!loaded.host_failed) host_->sources = loaded.host.sources;
    // Specs that did not change keep their pointers, so this compares pointers.
    const bool differs = first || was_pinned || accepted.containers != set_.containers ||
                         accepted.networks != set_.networks ||
                         !same_texts(host_->sources, host_before) || !trouble_.empty();
    changed = differs && take(std::move(accepted), loaded, was_pinned);
  }
  if (first && !changed) begin_probation();
  return changed || first || set_.problems != problems_before || notices() != notices_before;
}

// A file that is being written, or a directory that is not there at the moment, is no change yet.
bool Definitions::pin_holds(const definition::Snapshot& files, bool held) const {
  if (held || !definition::saw_everything(files, set_)) return true;
  const Manifest* in_force = keeper_.in_force();
  return in_force != nullptr && keeper_.fingerprint(files) == in_force->pin;
}

bool Definitions::take(definition::AcceptedSet accepted, const definition::LoadedSet& loaded,
                       bool unpinned) {
  retry_at_.reset();
  if (!unpinned && keeper_.is_in_force(accepted, *host_)) {
    trouble_.clear();
    set_.containers = std::move(accepted.containers);
    set_.networks = std::move(accepted.networks);
    return false;
  }
  Manifest page;
  page.reason = generation_ == 0 ? "first definitions" : "files changed";
  page.kept = generation::name_list(kept_names(accepted, loaded));
  const auto kept = put_in_force(accepted, std::move(page));
  if (kept) return true;
  // Where there is no store at all, and where nothing is in force that could stay so, definitions
  // count all the same.
  const bool counts = !keeper_.has_store() || generation_ == 0;
  if (counts) {
    set_.containers = std::move(accepted.containers);
    set_.networks = std::move(accepted.networks);
    ++generation_;
    if (!keeper_.has_store()) return true;
    trouble_ = "the definitions cannot be kept as a generation, so a rollback will not find them: ";
  } else {
    trouble_ =
        "the changed definitions cannot be kept as a generation, so they are not applied, and "
        "everything stays as it is: ";
  }
  trouble_ += kept.error().message();
  if (!counts) held_back_ = trouble_;
  retry_at_ = BootClock::now() + kRetry;
  return generation_ == 1;
}

// Kept first, and only then in force: after a power cut it is one or the other.
Result<void> Definitions::put_in_force(definition::AcceptedSet set, Manifest page) {
  const bool by_files = page.copy_of == 0;
  if (by_files && host_->rollback == RollbackMode::automatic && keeper_.in_force() != nullptr) {
    page.outcome = generation::Outcome::probation;
  }
  TRY(keeper_.keep(set, *host_, std::move(page)));
  set_.containers = std::move(set.containers);
  set_.networks = std::move(set.networks);
  generation_ = keeper_.in_force()->number;
  pinned_ = !keeper_.in_force()->pin.empty();
  trouble_.clear();
  retry_at_.reset();
  begin_probation();
  return {};
}

DesiredState Definitions::preview(std::vector<Diagnostic>& problems) const {
  const definition::Snapshot snapshot =
      definition::snapshot(paths_, /*trusted_only=*/true, &cache_);
  definition::AcceptedSet accepted = definition::accept(load_from(snapshot), set_);
  problems = std::move(accepted.problems);
  return to_desired(pinned_ && pin_holds(snapshot, false) ? set_ : accepted, generation_);
}

DesiredState Definitions::desired() const { return to_desired(set_, generation_); }

std::string Definitions::reason() const {
  return keeper_.in_force() == nullptr ? "" : keeper_.in_force()->reason;
}

std::vector<std::string> Definitions::notices() const {
  std::vector<std::string> all = keeper_.notices();
  all.insert(all.end(), notices_.begin(), notices_.end());
  if (!trouble_.empty()) all.push_back(trouble_);
  if (pinned_) all.push_back(pinned() + " (berth rollback --cancel ends it); " + reason());
  return all;
}

std::string Definitions::pinned() const {
  if (!pinned_) return "";
  return "pinned to generation " + std::to_string(keeper_.in_force()->copy_of) +
         " until the definitions change";
}

}  // namespace berth::daemon
