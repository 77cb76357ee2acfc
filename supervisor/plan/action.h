// What reconcile asks for: a Plan is a list of actions, each a value with the reason for it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "supervisor/model/keys.h"
#include "supervisor/plan/state.h"

namespace berth {

namespace action {

struct CreateNetwork {
  NetworkPtr network;
};
// Also of one that exists only in part, or not at all: it comes after each failed CreateNetwork.
struct RemoveNetwork {
  NetworkPtr network;
};
// Network namespace, links, address lease. Ends in event::SandboxReady or event::Failed. After a
// failure the sandbox is removed (whatever of it exists) before another is made.
struct CreateSandbox {
  SpecPtr spec;
  std::uint64_t sandbox_id = 0;  // numbered like launches, and among them
};
// Also of one that exists only in part, or not at all.
// `for_good`: the container is not to start again now.
struct RemoveSandbox {
  SpecPtr spec;
  bool for_good = false;
};
// Cgroup, mounts, process. Ends in event::Launched or event::Failed.
struct Launch {
  SpecPtr spec;
  std::uint64_t launch_id;
};
// Sends the stop signal to the container's first process. Ends at once, without an event unless it
// Failed; the exit comes as event. `unhealthy`: its health check asks for it, so that the exit
// counts as a failure.
struct Stop {
  std::uint64_t launch_id;
  Signal signal;
  bool unhealthy = false;
};
// Kills everything in its cgroup. Ends at once, without an event unless it Failed.
struct Kill {
  std::uint64_t launch_id;
};
// After an exit or a failed launch: removes cgroup and records. Ends in event::CleanedUp.
struct CleanUp {
  std::uint64_t launch_id;
};
// Applies live changes (limits, logging) to the running process; when only keys with Cost::none
// changed there is nothing to apply. Ends in event::Updated.
struct Update {
  SpecPtr spec;
  std::uint64_t launch_id;
};
// Looks whether what the definition needs of the host is there, before the container is stopped for
// it. Ends in event::Checked or event::Failed. Never waits for, nor is waited for by, another
// action.
struct Check {
  SpecPtr spec;
};
// Sends the reload signal to the container's first process, whose watched files changed; `files`
// are their digests. Ends at once, without an event unless it Failed.
struct Reload {
  std::uint64_t launch_id;
  Signal signal;
  std::map<std::string, std::string> files;
};
// Removes the writable layer, and with `everything` what else is kept for the name (leases, logs
// stay). Ends in event::RootRemoved.
struct RemoveRoot {
  bool everything;
};
// Rules and name files, in one transaction. Ends in event::ViewApplied. Never waits for, nor is
// waited for by, another action.
struct ApplyView {
  NetworkView view;
};
// From now on the host tells about these files and no others: soon how each is now, later whenever
// one has changed. Ends at once, without an event.
struct WatchFiles {
  std::set<std::string> paths;
};
// From now on the host tells about these units of systemd ("systemd:srv-media.mount") and no
// others. Ends at once, without an event.
struct WatchUnits {
  std::set<std::string> units;
};
// Asks systemd to start the unit that is the subject. Ends in event::UnitStarted or event::Failed,
// when systemd is done with it.
struct StartUnit {};
// One health probe. Ends in event::Probed.
struct Probe {
  SpecPtr spec;
  std::uint64_t launch_id;
};

}  // namespace action

using Deed = std::variant<action::CreateNetwork, action::RemoveNetwork, action::CreateSandbox,
                          action::RemoveSandbox, action::Launch, action::Stop, action::Kill,
                          action::CleanUp, action::Update, action::Check, action::Reload,
                          action::RemoveRoot, action::ApplyView, action::WatchFiles,
                          action::WatchUnits, action::StartUnit, action::Probe>;

struct Action {
  std::string subject;  // the container, for networks and units those; empty for the view
  Deed deed;
  std::string reason;  // "new definition", "exit code 1, attempt 3", "limits.memory: 64M -> 128M"
  std::vector<KeyChange> changes;  // the keys that caused it, if any did
  std::string follows = {};        // the container that it is done along with, if it is
};

struct Plan {
  std::vector<Action> actions;     // in the order in which they are begun
  std::optional<Instant> wake_at;  // when time alone will ask for more
  // To be told by event::Appointed; reconcile is then to be called again.
  std::vector<AppointmentChange> appointments;
};

// "launch", "stop", ... : the deed's name in `berth plan` and in log lines (action=).
std::string_view name_of(const Deed& deed);

}  // namespace berth
