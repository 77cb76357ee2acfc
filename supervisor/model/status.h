// What is: the words in which berth speaks of running containers.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace berth {

// The one state of a container. Transitions:
//
//   absent -> creating -> starting -> ready <-> unhealthy
//     ^          |           |          |          |
//     |          v           v          v          v
//   stopped <- failed, backing-off <- exit, or stopping -> stopped
//
// creating: sandbox or launch under way. starting: the process runs, readiness is not known yet.
// stopping: told to stop, not gone yet. backing-off: it failed and waits for its next start.
// failed: it stays down until an operator or a new definition says otherwise.
// stopped: down by wish, or a oneshot that completed.
enum class Phase {
  absent,
  pulling,
  creating,
  starting,
  ready,
  unhealthy,
  stopping,
  stopped,
  backing_off,
  failed,
  frozen
};
std::string_view name_of(Phase phase);  // "backing-off"

enum class Health { none, starting, healthy, unhealthy };
std::string_view name_of(Health health);

// How a process ended. A status that cannot be known is `unknown`, never invented.
struct ExitStatus {
  enum class Kind { exited, signaled, unknown } kind = Kind::unknown;
  int code = 0;             // the exit code, or the signal's number
  bool oom_killed = false;  // its cgroup counted an OOM kill during this run
  [[nodiscard]] bool success() const { return kind == Kind::exited && code == 0; }
  bool operator==(const ExitStatus&) const = default;
};
// "exit code 3", "signal 9 (KILL), out of memory", "unknown"
std::string describe(const ExitStatus& status);

}  // namespace berth
