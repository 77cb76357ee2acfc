// Going back to an earlier generation: when an operator says so, and by itself.
#include <utility>

#include "supervisor/daemon/definitions.h"

namespace berth::daemon {

using generation::Manifest;
using generation::Outcome;

namespace {

constexpr std::chrono::seconds kRetry{10};

DesiredState to_desired(definition::AcceptedSet set, std::uint64_t generation) {
  DesiredState desired;
  desired.generation = generation;
  desired.containers = std::move(set.containers);
  desired.networks = std::move(set.networks);
  return desired;
}

}  // namespace

Result<definition::AcceptedSet> Definitions::rollback_set(std::uint64_t& number) {
  if (number == 0) {
    const auto before = keeper_.before_in_force(GenerationKeeper::For::operators);
    if (!before) return fail("there is no generation before the one in force");
    number = *before;
  }
  definition::AcceptedSet set = TRY(keeper_.bring_back(number, set_, *host_));
  // What is the same has the same pointers.
  if (set.containers == set_.containers && set.networks == set_.networks) {
    return fail("generation " + std::to_string(number) +
                (number == generation_ ? " is" : " has the definitions that are") +
                " in force already");
  }
  return set;
}

Result<DesiredState> Definitions::rollback_preview(std::uint64_t number) {
  TRY(pin());
  return to_desired(TRY(rollback_set(number)), generation_);
}

Result<void> Definitions::rollback(std::uint64_t number) {
  definition::AcceptedSet set = TRY(rollback_set(number));
  Manifest page;
  page.reason = "rollback to generation " + std::to_string(number);
  page.copy_of = number;
  page.pin = TRY(pin());
  return put_in_force(std::move(set), std::move(page));
}

// A pin ends when the files differ from what they were: what was not seen would end it by itself.
Result<std::string> Definitions::pin() const {
  if (being_written_ || !definition::saw_everything(files_, set_)) {
    return fail(
        "not all definitions could be read just now, so nobody could tell when they change, which "
        "ends a rollback; try again when they are there");
  }
  return keeper_.fingerprint(files_);
}

Result<definition::AcceptedSet> Definitions::cancelled_set() const {
  if (!pinned_) return fail("no generation is pinned: the definitions are in force as they are");
  return definition::accept(load_from(files_), set_);
}

Result<DesiredState> Definitions::cancel_preview() const {
  return to_desired(TRY(cancelled_set()), generation_);
}

Result<void> Definitions::cancel() {
  definition::AcceptedSet set = TRY(cancelled_set());
  Manifest page;
  page.reason = "rollback cancelled";
  return put_in_force(std::move(set), std::move(page));
}

// Also after a restart of ours: the containers begin anew then, and so does their time.
void Definitions::begin_probation() {
  probed_.reset();
  const Manifest* in_force = keeper_.in_force();
  if (in_force == nullptr || in_force->outcome != Outcome::probation) return;
  const auto former = keeper_.before_in_force(GenerationKeeper::For::probation);
  Probed probed;
  if (former) {
    const std::vector<std::string> names = keeper_.changed_since(*former);
    probed.terms.containers.insert(names.begin(), names.end());
    probed.former = *former;
  }
  if (probed.terms.containers.empty()) {
    keeper_.set_outcome(in_force->number, Outcome::taken);
    return;
  }
  probed.terms.began = BootClock::now();
  probed.terms.length = host_->rollback_after;
  probed.number = in_force->number;
  probed_ = std::move(probed);
}

bool Definitions::judge(const DesiredState& desired, const ObservedState& observed, Instant now) {
  if (!probed_ || (probed_->next_try && now < *probed_->next_try)) return false;
  const ProbationVerdict verdict = berth::judge(probed_->terms, desired, observed, now);
  switch (verdict.kind) {
    case ProbationVerdict::Kind::pending: return false;
    case ProbationVerdict::Kind::passed:
      keeper_.set_outcome(probed_->number, Outcome::ready);
      probed_.reset();
      return false;
    case ProbationVerdict::Kind::failed: break;
  }
  const auto undone = undo(verdict.reason);
  if (undone) return true;
  const std::string trouble = "generation " + std::to_string(probed_->number) + " has failed (" +
                              verdict.reason +
                              ") and cannot be undone: " + undone.error().message();
  const bool news = std::exchange(trouble_, trouble) != trouble;
  probed_->next_try = now + kRetry;
  return news;
}

std::optional<Instant> Definitions::judge_at() const {
  if (!probed_) return std::nullopt;
  return probed_->next_try ? *probed_->next_try : probed_->terms.ends();
}

Result<void> Definitions::undo(const std::string& reason) {
  definition::AcceptedSet set = TRY(keeper_.bring_back(probed_->former, set_, *host_));
  Manifest page;
  page.reason = "generation " + std::to_string(probed_->number) + " undone, not ready within " +
                format_duration(probed_->terms.length) + ": " + reason;
  page.copy_of = probed_->former;
  page.undoes = probed_->number;
  page.pin = TRY(pin());
  return put_in_force(std::move(set), std::move(page));
}

}  // namespace berth::daemon
