// Graph: all containers of one reconcile, what is desired and what is observed side by side, with
// their dependencies as indices. Built anew for each call; points into the two states.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "supervisor/model/keys.h"
#include "supervisor/plan/state.h"

namespace berth::planning {

using NodeIndex = std::uint32_t;
constexpr NodeIndex kNowhere = std::numeric_limits<NodeIndex>::max();

// A dependency. `to` is kNowhere when there is no such container, and when it is on a unit of
// systemd: then `unit` is what is known of that.
struct Edge {
  NodeIndex to = kNowhere;
  const ObservedUnit* unit = nullptr;
  const std::string* name = nullptr;
  const DependencySpec* how = nullptr;
};

// Why a running container is to stop. From `shutdown` to `dependency_restarted` it is by wish;
// `unhealthy` is a failure.
enum class StopCause : std::uint8_t {
  none,
  shutdown,
  removed,  // its definition is gone
  operator_stop,
  not_wanted,  // no autostart, and nobody needs it
  operator_restart,
  network,               // a network of it is to be made anew
  dependency_stops,      // with restart = true, and stopped by wish
  definition,            // a changed key asks for it
  dependency_restarted,  // with restart = true, and launched later than this container
  unhealthy,
};

// A file with another content than the container was last started with.
struct ContentChange {
  KeyChange change;
  std::string path;
  std::string digest;
};

struct Node {
  const std::string* name = nullptr;
  const SpecPtr* desired = nullptr;  // null: it has no definition
  const ObservedContainer* observed = nullptr;

  // Ranges of Graph::edges: what the definition depends on, and what the running process does.
  std::uint32_t desired_begin = 0, desired_end = 0;
  std::uint32_t running_begin = 0, running_end = 0;

  std::vector<ContentChange> content;  // of files that both its definition and its last start have
  std::string lacks;                   // a file without which it cannot start; empty: none
  std::string misses;                  // a file that is gone while it runs; empty: none

  // Decided on the way; see decide().
  bool wanted = false;
  NodeIndex needed_by = kNowhere;       // wanted only because of this one
  bool redefined = false;               // its definition is another than that of its last start
  bool renewed = false;                 // or files have another content than for its last start
  bool rests = false;                   // it ended, and is not to be started until somebody says so
  bool will_run = false;                // wanted, and does not rest
  bool held_back = false;               // runs by its old definition until an update window opens
  std::optional<Instant> window_opens;  // when it does, where that is known
  std::optional<Instant> damped_until;  // runs on with files as they were until then; see damping.h
  bool holds = false;                   // all its dependencies' conditions are met
  bool awaits_checks = true;            // its own, or of others that it is connected with
  bool for_definition = false;          // is to stop for its definition, now or later
  bool unchecked = false;  // is to stop for its definition, once what that needs is there
  StopCause stop = StopCause::none;
  NodeIndex stop_through = kNowhere;       // the dependency of dependency_stops and -_restarted
  const std::string* stop_unit = nullptr;  // the same where it is a unit of systemd
  bool stop_waits = false;                 // a dependant that is to stop is not gone yet

  [[nodiscard]] const ContainerSpec& spec() const { return **desired; }
  // It runs, but not for long.
  [[nodiscard]] bool leaving() const {
    return observed->alive() && (stop != StopCause::none || observed->stop_sent_at);
  }
};

struct Graph {
  std::vector<Node> nodes;  // by name
  std::vector<Edge> edges;
  std::vector<NodeIndex> order;  // dependencies before their dependants

  [[nodiscard]] std::span<const Edge> desired_edges(const Node& node) const {
    return std::span(edges).subspan(node.desired_begin, node.desired_end - node.desired_begin);
  }
  // Of the running process; none when nothing runs.
  [[nodiscard]] std::span<const Edge> running_edges(const Node& node) const {
    return std::span(edges).subspan(node.running_begin, node.running_end - node.running_begin);
  }
  [[nodiscard]] NodeIndex find(std::string_view name) const;
};

Graph make_graph(const DesiredState& desired, const ObservedState& observed);

}  // namespace berth::planning
