// What happened: completions of actions, what the kernel tells, and what operators ask for.
// Facts only; what follows from them is decided by advance and reconcile.
#pragma once

#include <cstdint>
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
};
struct SandboxGone {
  std::string container;
};
// The process has begun (execve succeeded).
struct Launched {
  std::string container;
  std::uint64_t launch_id;
  int pid;
};
struct Exited {
  std::string container;
  std::uint64_t launch_id;
  ExitStatus status;
};
struct CleanedUp {
  std::string container;
  std::uint64_t launch_id;
};
struct Updated {
  std::string container;
  std::uint64_t launch_id;
};
struct RootRemoved {
  std::string container;
};
struct ViewApplied {
  NetworkView view;
};
struct Probed {
  std::string container;
  std::uint64_t launch_id;
  bool healthy;
  std::string message;
};
// The submitted action ended without success; `error` is for people, with file and line.
struct Failed {
  Action action;
  std::string error;
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
                 event::Updated, event::RootRemoved, event::ViewApplied, event::Probed,
                 event::Failed, event::OperatorStart, event::OperatorStop, event::OperatorRestart>;

}  // namespace berth
