// Knowledge: what a supervisor can know from the events told so far. Kept apart from the observed
// state and by simpler means, so that the checker does not believe what it is to check.
#pragma once

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "supervisor/plan/event.h"

namespace berth::simulation {

struct Known {
  SpecPtr spec;  // of the last start
  std::uint64_t launch_id = 0;
  bool launching = false;
  bool running = false;
  std::optional<Instant> stop_sent_at;
  bool stop_unhealthy = false;
  std::optional<Instant> kill_sent_at;
  bool restart_asked = false;
  Intent intent = Intent::none;

  bool healthy = false;      // the last word of the health check
  bool lost_health = false;  // it was healthy, and is not any more
  bool ever_failed = false;  // a probe of this process failed
  std::int64_t failing = 0;
  std::optional<Instant> ready_at;
  std::uint64_t probing = 0;  // the launch that is being probed

  bool completed = false;
  bool down_for_good = false;  // until an operator or a new definition
  unsigned attempts = 0;
  std::deque<Instant> failures;
  Instant not_before{};
  unsigned content_starts = 0;  // in a row, for other content of files alone
  Instant content_start_at{};   // the last of them
  bool fell = false;            // it ended by itself, or did not start

  const char* busy_with = nullptr;  // the action under way
  bool being_forgotten = false;     // it removes everything
  SpecPtr update;                   // being applied
  SpecPtr checked;                  // since its start: the last one for which all was there
  std::map<std::string, std::string> files;  // what its last start had of them

  [[nodiscard]] bool alive() const { return running || launching; }
};

class Knowledge {
 public:
  void submitted(const Action& action, Instant now);
  void told(const Event& event, Instant now);

  [[nodiscard]] const Known& of(const std::string& container) const;
  [[nodiscard]] const std::map<std::string, Known>& all() const { return known_; }
  // The highest cost of a file of the definition that has another content than the container has.
  [[nodiscard]] Cost content_cost(const std::string& container, const ContainerSpec& spec) const;
  // Everything is told to be there without which it cannot start.
  [[nodiscard]] bool has_files(const ContainerSpec& spec) const;
  // It is too soon to begin it anew for other content of its files alone.
  [[nodiscard]] bool is_damped(const std::string& container, const ContainerSpec& spec,
                               Instant now) const;
  std::map<std::string, FileState> files;
  std::map<std::string, UnitState> units;
  std::set<std::string> units_under_way;           // systemd was asked to start them
  std::map<std::string, Instant> unit_not_before;  // those that it was asked for in vain
  bool view_under_way = false;
  std::map<std::string, bool> network_under_way;

 private:
  static void ended(Known& known, const ExitStatus& status, Instant now);
  static void failed(Known& known, Instant now);
  static void start_failed(Known& known, Instant now);
  void told_unit(const std::string& name, const UnitState& state);
  void told_failure(const Action& action, Instant now);
  static void probed(Known& known, bool healthy, Instant now);
  static void begin_anew(Known& known);
  static void operator_starts(Known& known);
  void adopt(Known& known) const;
  void updated(const std::string& container, Instant now);
  void start(const std::string& container, Known& known, const SpecPtr& spec, Instant now);

  std::map<std::string, Known> known_;
};

}  // namespace berth::simulation
