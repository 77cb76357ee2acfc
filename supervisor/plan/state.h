// The two values that reconcile compares: what is desired, and what is observed.
//
// Both are plain values. Specs are shared and immutable, so a state copies cheaply and "the same
// definition" is most often a pointer comparison.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/model/network_view.h"
#include "supervisor/model/spec.h"
#include "supervisor/model/status.h"
#include "supervisor/plan/unit_state.h"
#include "supervisor/plan/wall_clock.h"

namespace berth {

using SpecPtr = std::shared_ptr<const ContainerSpec>;
using NetworkPtr = std::shared_ptr<const NetworkSpec>;

// An accepted set of definitions. Valid as a whole: every dependency exists, there is no cycle.
// (But for a container that keeps its last good definition while a dependency's file is gone:
// such a dependency never holds, and disturbs nothing that runs.)
struct DesiredState {
  std::uint64_t generation = 0;
  std::map<std::string, SpecPtr> containers;
  std::map<std::string, NetworkPtr> networks;  // "default" is always there
  bool shutting_down = false;  // the daemon ends: nothing is wanted, everything is removed
};

// Something of ours on the host that takes a while to make and to remove.
enum class Presence { absent, creating, present, removing, failed };  // failed: may exist in part

// What an operator said last; `none` leaves it to the definition's autostart.
enum class Intent { none, run, stop };

// An action for a container that takes a while. Stop, Kill and Probe are none.
enum class Task {
  create_sandbox,
  remove_sandbox,
  launch,
  clean_up,
  update,
  remove_root,
  remove_everything
};

// A file of the host that a definition refers to, as it was when it was last looked at.
struct FileState {
  std::string digest;  // keyed, so that it says nothing about the content; empty: not known
  std::string error;   // why it cannot be read: "No such file or directory"; empty: it can
  bool operator==(const FileState&) const = default;
};

struct ObservedContainer {
  Phase phase = Phase::absent;
  SpecPtr spec;  // what the last launch was made from (while it is creating: is being made from)

  Presence sandbox = Presence::absent;
  SpecPtr sandbox_spec;                 // what the sandbox was made from
  std::uint64_t sandbox_id = 0;         // of the sandbox that was made last
  std::vector<std::string> addresses;   // of the sandbox: one for each network, no prefix length
  std::vector<std::string> addresses6;  // likewise; empty where the network has no IPv6
  SpecPtr ports_spec;                   // whose ports were found free: they are published
  bool root = false;                    // a writable layer exists
  SpecPtr root_spec;     // what it lies over; null: not known (after a restart of ours)
  bool remains = false;  // cgroup or records of a past launch are to be cleaned up

  // Of the last launch. They only grow, over all containers: the one with the larger id was
  // launched later.
  std::uint64_t launch_id = 0;
  std::uint64_t exited_id = 0;  // the last launch whose end is known; may overtake its Launched
  int pid = 0;                  // 0: no process
  Instant launched_at{};
  std::optional<Instant> ready_at;
  std::optional<Instant> stop_sent_at;
  bool stop_unhealthy = false;  // the stop was asked for by its health check
  std::optional<Instant> kill_sent_at;
  std::optional<ExitStatus> last_exit;

  std::uint64_t restarts = 0;         // launches after the first, for people
  std::string start_reason;           // of a start whose sandbox was to be made first
  unsigned attempts = 0;              // failures in a row: the exponent of the backoff
  std::optional<Instant> next_start;  // of the backoff
  std::deque<Instant> failures;       // within the restart interval
  // Starts in a row for nothing but other content of its files, each before the one before it was
  // stable; and when the last of them began.
  unsigned content_starts = 0;
  Instant content_start_at{};
  bool resting = false;    // it ended, and its policy leaves it down until somebody says otherwise
  bool completed = false;  // a oneshot that ended well, of this very spec

  // Of cleaning up and removing, which are tried again until they succeed.
  unsigned removal_failures = 0;
  std::optional<Instant> next_removal;
  SpecPtr update;          // being applied to the running process
  SpecPtr update_refused;  // the definition that could not be applied to the running process
  std::optional<Instant> next_update;

  // Of looking, before it is stopped for a new definition, whether what that needs is there.
  SpecPtr checking;                   // null: nothing is being looked at
  SpecPtr checked;                    // the definition for which all was there; null: none
  SpecPtr check_refused;              // the one for which something was missing
  std::string check_error;            // what
  unsigned check_failures = 0;        // in a row
  std::optional<Instant> next_check;  // of check_refused

  // The digests of the files that it was last started with (while it is creating: is being started
  // with), or told to reload; empty for one that was not there.
  std::map<std::string, std::string> files;
  // The activations of the units of systemd that it depends on, then.
  std::map<std::string, std::uint64_t> units;

  Health health = Health::none;
  unsigned failing = 0;  // failed probes in a row
  std::optional<Instant> next_probe;
  bool probing = false;
  std::string probe_message;      // of the last probe, or what the program said of itself
  std::uint64_t notified_id = 0;  // the last launch that said that it is ready

  Appointment appointment;  // of a oneshot with a schedule

  Intent intent = Intent::none;
  bool restart_requested = false;
  std::optional<Task> busy;  // the action under way; nothing else is begun before it ends
  std::string error;         // why it is not as it should be, for people; empty when all is well

  [[nodiscard]] bool running() const { return pid != 0; }
  // A process runs, or may run at any moment.
  [[nodiscard]] bool alive() const {
    return running() || (busy == Task::launch && exited_id != launch_id);
  }
};

struct ObservedNetwork {
  Presence presence = Presence::absent;
  NetworkPtr spec;
  std::string error;
  unsigned failures = 0;            // in a row
  std::optional<Instant> next_try;  // of making it
  std::optional<Instant> next_removal;
  bool busy = false;
};

struct ObservedState {
  std::map<std::string, ObservedContainer> containers;
  std::map<std::string, ObservedNetwork> networks;
  NetworkView view;  // as last applied with success
  bool view_busy = false;
  std::string view_error;      // why the last application failed
  NetworkView view_refused;    // the one that could not be applied
  unsigned view_failures = 0;  // in a row
  std::optional<Instant> view_next_try;
  std::set<std::string> watched;           // files that the host is to tell about
  std::map<std::string, FileState> files;  // what it has told; by path
  std::set<std::string> watched_units;     // "systemd:srv-media.mount": the same of units
  std::map<std::string, ObservedUnit> units;
  std::uint64_t next_launch_id = 1;
  WallClockPtr wall;  // null: not known yet; nothing scheduled begins, and no window is open
};

}  // namespace berth
