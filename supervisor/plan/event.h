// What happened: completions of actions, what the kernel tells, and what operators ask for.
// Facts only; what follows from them is decided by advance and reconcile.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "supervisor/plan/action.h"

namespace berth {

namespace event {

struct Submitted {
  Action action;
};  // the executor handed it to the host
struct NetworkReady {
  std::string network;
};
struct NetworkGone {
  std::string network;
};
struct SandboxReady {
  std::string container;
  std::vector<std::string> addresses;
  std::vector<std::string> addresses6 = {};
};
struct SandboxGone {
  std::string container;
};
// The process has begun (execve succeeded).
struct Launched {
  std::string container;
  std::uint64_t launch_id;
  int pid;
  std::map<std::string, std::string> files = {};  // the digests of what it was made from
};
struct Exited {
  std::string container;
  std::uint64_t launch_id;
  ExitStatus status;
};
struct CleanedUp {
  std::string container;
  std::uint64_t launch_id;
  std::string complaint = {};  // what went wrong beside it: its hook failed
};
struct Updated {
  std::string container;
  std::uint64_t launch_id;
};
// What the definition needs of the host is there.
struct Checked {
  std::string container;
  SpecPtr spec;
};
struct RootRemoved {
  std::string container;
};
struct ViewApplied {
  NetworkView view;
};
// Files that are watched, as they are now. Only those that differ from what was told before.
struct FilesRead {
  std::map<std::string, FileState> files;
};
// Units that are watched, as they are now. Only those that differ from what was told before.
struct UnitsTold {
  std::map<std::string, UnitState> units;  // by their names with "systemd:"
};
// systemd is done with starting it; whether it is active has been told before.
struct UnitStarted {
  std::string unit;
};
struct Probed {
  std::string container;
  std::uint64_t launch_id;
  bool healthy;
  std::string message;
};
// What the container's own program says of itself (healthcheck.notify). May overtake its Launched.
struct Notified {
  std::string container;
  std::uint64_t launch_id;
  bool ready;
  std::string status;  // for people; empty: nothing new
};
// The submitted action ended without success; `error` is for people, with file and line.
struct Failed {
  Action action;
  std::string error;
};

// The clock was set, or a time zone has other rules; also once at the start.
struct WallClockSet {
  WallClockPtr clock;
};
// What a plan asks to be remembered.
struct Appointed {
  AppointmentChange change;
};

struct OperatorStart {
  std::string container;
};
struct OperatorStop {
  std::string container;
};
struct OperatorRestart {
  std::string container;
};

}  // namespace event

using Event =
    std::variant<event::Submitted, event::NetworkReady, event::NetworkGone, event::SandboxReady,
                 event::SandboxGone, event::Launched, event::Exited, event::CleanedUp,
                 event::Updated, event::Checked, event::RootRemoved, event::ViewApplied,
                 event::FilesRead, event::UnitsTold, event::UnitStarted, event::Probed,
                 event::Notified, event::Failed, event::WallClockSet, event::Appointed,
                 event::OperatorStart, event::OperatorStop, event::OperatorRestart>;

}  // namespace berth
