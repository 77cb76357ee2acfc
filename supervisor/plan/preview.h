// preview: what becomes of each container and network when other definitions are taken up. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/model/keys.h"
#include "supervisor/plan/action.h"
#include "supervisor/plan/state.h"

namespace berth {

// What becomes of a container; of a network, or a unit of systemd, where it says so.
enum class Fate {
  create,    // it was never started, and is; a network: it is made
  start,     // it does not run, and is started; a unit: systemd is asked to
  update,    // its process runs on: changes are applied to it
  reload,    // its process runs on, and is told by a signal
  restart,   // stopped and started
  recreate,  // stopped, its sandbox or writable layer made anew, started; a network: made anew
  stop,      // it has a definition, and is stopped
  remove,    // its definition is gone, and so will it be
  clean_up,  // what a past run left is removed
  take_up,   // its definition changes, and nothing is done
  wait,      // its definition changes, and waits for something: `reason` says for what
};
constexpr std::size_t kFates = 11;
std::string_view name_of(Fate fate);  // "clean-up"

struct PreviewChange {
  KeyChange change;    // of a member: "environment.TZ"
  SourcePos where;     // of the new value; of the key that it was in when the value is gone
  bool waits = false;  // it comes later than the others: see PreviewItem::waits_for
  bool operator==(const PreviewChange&) const = default;
};

struct PreviewItem {
  std::string name;
  bool is_network = false;
  bool is_unit = false;  // of systemd: "systemd:srv-media.mount"
  Fate fate = Fate::take_up;
  std::string reason;   // "definition removed"; the changes in short where they are the reason
  std::string follows;  // the container with which it stops or restarts; empty: none
  SourcePos where;      // of its new definition as a whole; of none when it is gone
  // From the definition by which it runs, or else from the one in force, to the new one.
  std::vector<PreviewChange> changes;
  std::string waits_for;  // why those changes come later that do; empty: none of them
};

struct Preview {
  std::uint64_t generation_before = 0;
  std::uint64_t generation_after = 0;  // one more when any definition differs
  // In the order of their first actions; those without any at the end, by name.
  std::vector<PreviewItem> items;
  std::vector<Action> actions;  // as forecast() tells them

  [[nodiscard]] bool empty() const { return items.empty() && actions.empty(); }
};

// `before` is what is in force, `after` what would be. What is under way already counts, too.
Preview preview(const DesiredState& before, const DesiredState& after,
                const ObservedState& observed, Instant now);

}  // namespace berth
