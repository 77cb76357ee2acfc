// The documents of the API as values: what `berth ps`, `status`, `plan` and `events` speak of.
//
// The server side makes them from the states (documents.h), writes them as JSON, and the client
// reads them back. Every member is written under its own name.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/model/diagnostic.h"

namespace berth::control {

// One container. Names of phases and healths are those of model/status.h.
struct ContainerStatus {
  std::string name;
  std::string type;   // "service", "oneshot"; empty when there is no good definition of it
  std::string phase;  // "absent" when it is known only by a bad file
  std::optional<std::int64_t> pid;  // null: no process
  std::uint64_t restarts = 0;
  std::optional<std::int64_t> exit_code;  // of the last run; null: it runs first, or was signaled
  std::optional<std::string> signal;      // "SIGKILL"; null: not signaled
  bool oom_killed = false;
  std::string last_exit;  // in words: "exit code 3", "unknown"; empty when nothing ended yet
  std::string health;
  std::string health_message;          // of the last probe
  std::vector<std::string> addresses;  // of IPv4, by networks; then those of IPv6
  std::vector<std::string> ports;      // as written: "127.0.0.1:9443:8080/tcp"
  std::vector<std::string> groups;
  std::map<std::string, std::string> labels;
  std::uint64_t generation = 0;  // of the set of definitions
  std::string error;             // why it is not as it should be; empty when all is well
  // What is wrong with its definition file, beside which `error` may tell of something else.
  std::string definition_error;
  std::string waiting;  // for what it waits before it starts or changes; empty: for nothing
  std::string since;    // RFC 3339: when the process began; empty when there is none
  std::optional<std::int64_t> uptime;         // in seconds; null: no process
  std::optional<std::int64_t> next_start_in;  // in milliseconds, while backing-off
  std::string next_run;                       // RFC 3339: of its schedule; empty: none
  // Why its schedule names no next run: "an operator stopped it"; empty: it is not suspended.
  std::string suspended;
  std::uint64_t skipped_runs = 0;  // times of its schedule that came while it ran
  std::uint64_t launch = 0;        // number of its last launch; 0: never launched
  bool completed = false;          // a oneshot that ended well
  bool desired = false;            // there is a good definition of it
  std::string intent;              // what an operator said last: "run", "stop"; empty: nothing
  std::string file;                // the definition: "containers/web.toml"; empty: not known
  std::string masked;  // the link to /dev/null that takes its definition away; empty: none
  std::vector<std::string> depends_on;
  bool operator==(const ContainerStatus&) const = default;
};

struct NetworkStatus {
  std::string name;
  std::string state;  // "absent", "creating", "present", "removing", "failed"
  std::string bridge;
  std::string subnet;
  std::string subnet6;  // empty: IPv4 only
  std::string error;
  bool operator==(const NetworkStatus&) const = default;
};

// The host as a whole.
struct HostStatus {
  std::string version;
  std::string root;  // "/" unless berthd was given another
  std::int64_t pid = 0;
  std::uint64_t generation = 0;
  std::string pinned;  // "pinned to generation 7 until the definitions change"; empty: it is not
  bool shutting_down = false;
  std::uint64_t containers = 0;  // how many there are, how many of them run, how many have an error
  std::uint64_t running = 0;
  std::uint64_t with_error = 0;
  std::vector<NetworkStatus> networks;
  std::string network_error;         // why the packet rules are not as they should be
  std::vector<std::string> notices;  // what this host lacks, what disturbs us, in sentences
  std::vector<Diagnostic> problems;  // of the definitions
  bool operator==(const HostStatus&) const = default;
};

struct PlannedChange {
  std::string key;
  std::string before;
  std::string after;
  std::string cost;  // "none", "live", "restart", "recreate"
  bool operator==(const PlannedChange&) const = default;
};

struct PlannedAction {
  std::string subject;  // the container or network; empty: the packet rules
  std::string action;   // the deed's name: "launch", "stop", ...
  std::string reason;
  std::vector<PlannedChange> changes;
  bool operator==(const PlannedAction&) const = default;
};

// What a rollback did, or would do.
struct RollbackAnswer {
  std::uint64_t generation = 0;  // in force now
  std::string reason;            // why it is: "rollback to generation 7"
  std::string pinned;  // "pinned to generation 7 until the definitions change"; empty: not pinned
  std::vector<PlannedAction>
      plan;  // `action` is what becomes of the subject: plan/preview.h's Fate
  bool operator==(const RollbackAnswer&) const = default;
};

// Something that happened. `kind` tells which of the others are meant:
//   phase      container, phase, was, error    a container's phase changed
//   health     container, health               its health changed
//   error      container, error                its error changed, the phase did not ("" = gone)
//   exited     container, exit_code/signal, oom_killed, message
//   removed    container                       it is no longer known
//   generation generation, message             a set of definitions was accepted
//   held-back  generation, message             one was not, and why; the generation stays in force
//   problem    container (or none), message    a diagnostic of a definition
//   notice     message                         of the daemon itself
struct EventRecord {
  std::string time;  // RFC 3339
  std::string kind;
  std::string container;
  std::string phase;
  std::string was;
  std::string health;
  std::string error;
  std::string message;
  std::optional<std::int64_t> exit_code;
  std::optional<std::string> signal;
  bool oom_killed = false;
  std::uint64_t generation = 0;
  bool operator==(const EventRecord&) const = default;
};

}  // namespace berth::control
