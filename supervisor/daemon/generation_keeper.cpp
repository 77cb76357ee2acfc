#include "supervisor/daemon/generation_keeper.h"

#include <algorithm>
#include <ranges>
#include <set>
#include <utility>

#include "supervisor/base/clock.h"
#include "supervisor/generation/commit.h"

namespace berth::daemon {

using generation::Listing;
using generation::Manifest;
using generation::Outcome;

void GenerationKeeper::open() {
  auto opened = generation::Store::open(generation::directory_of(paths_), files_);
  if (!opened) {
    notices_.push_back("generations are not kept: " + opened.error().message());
    return;
  }
  store_.emplace(*std::move(opened));
  notices_ = store_->troubles();
  const Manifest* latest = store_->latest();
  if (latest == nullptr) return;
  // Its list was read by open(), or it would not be there.
  if (auto listing = store_->listing(*latest)) listing_ = *std::move(listing);
  finish_outcomes();
}

// A power cut between a generation and the word about the one before it.
void GenerationKeeper::finish_outcomes() {
  std::set<std::uint64_t> undone;
  for (const auto& [number, page] : store_->generations()) undone.insert(page.undoes);
  std::vector<std::pair<std::uint64_t, Outcome>> outcomes;
  for (const auto& [number, page] : store_->generations()) {
    if (page.outcome != Outcome::probation) continue;
    if (undone.contains(number)) {
      outcomes.emplace_back(number, Outcome::undone);
    } else if (number != store_->latest()->number) {
      outcomes.emplace_back(number, Outcome::replaced);
    }
  }
  for (const auto& [number, outcome] : outcomes) set_outcome(number, outcome);
}

const Manifest* GenerationKeeper::in_force() const { return store_ ? store_->latest() : nullptr; }

definition::AcceptedSet GenerationKeeper::restore_in_force(const definition::Snapshot& files,
                                                           const HostSpec& host,
                                                           definition::Cache& cache) {
  if (in_force() == nullptr) return {};
  auto restored =
      generation::restore(*store_, listing_, host, digests_, {.files = &files, .cache = &cache});
  for (const std::string& trouble : restored.troubles) {
    notices_.push_back("generation " + std::to_string(in_force()->number) +
                       " cannot be brought back whole: " + trouble);
  }
  return std::move(restored.set);
}

Result<void> GenerationKeeper::can_keep() const {
  if (store_) return {};
  return fail(notices_.empty() ? "generations are not kept" : notices_.front());
}

Result<definition::AcceptedSet> GenerationKeeper::bring_back(std::uint64_t number,
                                                             const definition::AcceptedSet& now,
                                                             const HostSpec& host) {
  TRY(can_keep());
  const auto found = store_->generations().find(number);
  if (found == store_->generations().end()) {
    return fail("there is no generation " + std::to_string(number) +
                " (berth history shows those that are kept)");
  }
  const Listing wanted = TRY(store_->listing(found->second));
  auto restored =
      generation::restore(*store_, wanted, host, digests_, {.set = &now, .listing = &listing_});
  if (!restored.troubles.empty()) {
    return fail("generation " + std::to_string(number) +
                " cannot be brought back: " + restored.troubles.front());
  }
  if (const auto network = now.networks.find("default"); network != now.networks.end()) {
    restored.set.networks["default"] = network->second;
  }
  return std::move(restored.set);
}

bool GenerationKeeper::is_in_force(const definition::AcceptedSet& set, const HostSpec& host) {
  return in_force() != nullptr && generation::listing_of(set, host, digests_) == listing_;
}

Result<void> GenerationKeeper::keep(const definition::AcceptedSet& set, const HostSpec& host,
                                    Manifest page) {
  TRY(can_keep());
  Listing listing = generation::listing_of(set, host, digests_);
  const auto containers = generation::difference(listing_.containers, listing.containers);
  const auto networks = generation::difference(listing_.networks, listing.networks);
  page.time = format_rfc3339(wall_now());
  page.commit = generation::commit_of(paths_);
  page.added = generation::name_list(containers.added);
  page.changed = generation::name_list(containers.changed);
  page.removed = generation::name_list(containers.removed);
  std::vector<std::string> moved;
  for (const auto* names : {&networks.added, &networks.changed, &networks.removed}) {
    moved.insert(moved.end(), names->begin(), names->end());
  }
  page.networks = generation::name_list(moved);
  const std::uint64_t former = in_force() == nullptr ? 0 : in_force()->number;
  const bool was_on_probation = former != 0 && in_force()->outcome == Outcome::probation;
  const bool undoes = page.undoes == former && former != 0;
  const bool on_probation = page.outcome == Outcome::probation;
  const auto texts = digests_.texts();
  const auto text_of = [&texts](const std::string& digest) -> const std::string* {
    const auto found = texts.find(digest);
    return found == texts.end() ? nullptr : found->second;
  };
  TRY(store_->add(std::move(page), listing, text_of));
  listing_ = std::move(listing);
  digests_.forget_unused();
  if (was_on_probation) set_outcome(former, undoes ? Outcome::undone : Outcome::replaced);
  const auto spared = on_probation ? before_in_force(For::probation) : std::nullopt;
  store_->keep_only(static_cast<std::uint64_t>(std::max<std::int64_t>(host.keep_generations, 2)),
                    spared.value_or(0));
  return {};
}

void GenerationKeeper::set_outcome(std::uint64_t number, Outcome outcome) {
  // A word that cannot be written down is found again by finish_outcomes(), or by a probation that
  // is held once more.
  (void)store_->set_outcome(number, outcome);
}

std::string GenerationKeeper::fingerprint(const definition::Snapshot& files) const {
  return generation::fingerprint(files, digests_);
}

std::optional<std::uint64_t> GenerationKeeper::before_in_force(For purpose) const {
  if (in_force() == nullptr) return std::nullopt;
  std::set<std::string> bad{in_force()->hash};
  for (const auto& [number, page] : store_->generations()) {
    if (page.outcome == Outcome::undone) bad.insert(page.hash);
  }
  for (const auto& [number, page] : std::views::reverse(store_->generations())) {
    if (number == in_force()->number || bad.contains(page.hash)) continue;
    const bool good = page.outcome == Outcome::taken || page.outcome == Outcome::ready;
    if (purpose == For::probation && !good) continue;
    const auto listing = store_->listing(page);
    if (listing && !generation::same_definitions(*listing, listing_)) return number;
  }
  return std::nullopt;
}

std::vector<std::string> GenerationKeeper::changed_since(std::uint64_t number) const {
  const auto found = store_->generations().find(number);
  if (found == store_->generations().end()) return {};
  const auto former = store_->listing(found->second);
  if (!former) return {};
  auto found_changes = generation::difference(former->containers, listing_.containers);
  std::vector<std::string> names = std::move(found_changes.added);
  names.insert(names.end(), found_changes.changed.begin(), found_changes.changed.end());
  return names;
}

}  // namespace berth::daemon
