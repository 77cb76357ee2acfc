// From the states to the documents of the API, and between documents and JSON. Pure.
//
// The daemon makes a StateView of what it has and calls list_document and its siblings; the
// client gives the texts to parse_list and its siblings. The JSON library stays in the .cpp.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/control/status.h"
#include "supervisor/model/diagnostic.h"
#include "supervisor/plan/action.h"
#include "supervisor/plan/preview.h"
#include "supervisor/plan/state.h"

namespace berth::control {

// What the daemon knows of itself beyond the two states.
struct HostFacts {
  std::string root;                  // Paths::root; "" is shown as "/"
  std::int64_t pid = 0;              // the daemon's main process
  std::vector<std::string> notices;  // sentences: what this host lacks, what disturbs us
  std::string pinned;                // HostStatus::pinned
};

// Everything that the documents are made from. Borrows; lives as long as one call.
struct StateView {
  const DesiredState& desired;
  const ObservedState& observed;
  std::span<const Diagnostic> problems;  // of the last set of files, good or not
  Instant now{};
  WallTime wall_now{};
  // Names that are masked, and the links that do it; null: none.
  const std::map<std::string, std::string>* masked = nullptr;
};

// Every container that is desired, observed, masked, or known by a bad file; by name.
std::vector<ContainerStatus> container_statuses(const StateView& view);
// std::nullopt: nothing is known under this name.
std::optional<ContainerStatus> container_status(const StateView& view, const std::string& name);
HostStatus host_status(const StateView& view, const HostFacts& facts);

// JSON: an array of ContainerStatus.
std::string list_document(const StateView& view);
std::string list_document(std::span<const ContainerStatus> containers);
// JSON: one ContainerStatus; std::nullopt as above.
std::optional<std::string> status_document(const StateView& view, const std::string& name);
std::string host_document(const StateView& view, const HostFacts& facts);
// JSON: an array of PlannedAction.
std::string plan_document(std::span<const Action> actions);
// JSON: the RollbackAnswer, with these as its items.
std::string rollback_document(RollbackAnswer answer, std::span<const PreviewItem> items);
std::string event_document(const EventRecord& event);
std::string names_document(std::span<const std::string> names);

// The way back. Members that are missing keep their defaults, unknown ones are passed over, so
// that a client and a daemon of neighbouring versions understand each other.
Result<std::vector<ContainerStatus>> parse_list(std::string_view json);
Result<ContainerStatus> parse_status(std::string_view json);
Result<HostStatus> parse_host(std::string_view json);
Result<std::vector<PlannedAction>> parse_plan(std::string_view json);
Result<RollbackAnswer> parse_rollback(std::string_view json);
Result<EventRecord> parse_event(std::string_view json);
Result<std::vector<std::string>> parse_names(std::string_view json);

// JSON: an array of diagnostics {severity, file, line, column, key, problem, remedy, container,
// text}, for `berth check -o json`.
std::string diagnostics_document(std::span<const Diagnostic> diagnostics);
// The same document, indented for people.
std::string indented(std::string_view json);

// Finds what changed from one turn of the loop to the next, and says it as events. Keeps of each
// container only what events tell.
class ChangeWatch {
 public:
  // The events of kind phase, health, error and removed since the last call, by name. The first
  // call says everything that is known. O(containers), and makes no strings when nothing changed.
  std::vector<EventRecord> changes(const ObservedState& observed, WallTime time);

 private:
  struct Seen {
    Phase phase{};
    Health health{};
    std::string error;
  };
  std::map<std::string, Seen> seen_;
};

// For the kind `exited`.
EventRecord exited_event(const std::string& container, const ExitStatus& status, WallTime time);

}  // namespace berth::control
