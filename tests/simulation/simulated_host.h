// SimulatedHost: a Host whose kernel is a few maps, on a virtual clock, with faults by seed.
//
// It knows the truth: which processes, sandboxes and networks there are, however late or in which
// order that is told. Every submitted action is shown to the checker first.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/execute/host.h"
#include "supervisor/plan/event.h"
#include "tests/simulation/random.h"

namespace berth::simulation {

struct Process {
  std::uint64_t launch_id = 0;
  SpecPtr spec;
  std::map<std::string, std::string>
      files;  // what it has of files: their content when it read them
};

// What is really there. What was made in part counts as there.
struct World {
  std::map<std::string, Process> processes;
  std::map<std::string, SpecPtr> sandboxes;
  std::map<std::string, std::uint64_t> remains;
  std::map<std::string, SpecPtr> roots;
  std::map<std::string, NetworkPtr> networks;
  std::map<std::string, std::string> files;  // path to content; missing: there is none
  std::map<std::string, UnitState> units;    // of systemd; missing: it is inactive
  NetworkView view;
  std::set<std::uint16_t> taken;  // ports that programs of the host listen on
};

// What a hook that fails leaves as a complaint.
inline constexpr const char* kHookFailed = "hooks.post_stop: simulated";

// How much goes wrong. All zero: an ideal host, but for its latency.
struct Faults {
  int failure_percent = 0;  // of actions
  int exit_percent = 0;     // of services that end by themselves some time
  int sick_percent = 0;     // of probes
  int slow_percent = 0;     // of answers
  int deaf_percent = 0;     // of processes that do not heed signals in time
  [[nodiscard]] bool any() const {
    return failure_percent + exit_percent + sick_percent + slow_percent + deaf_percent > 0;
  }
};

class SimulatedHost final : public Host {
 public:
  using Check = std::function<void(const Action&)>;
  SimulatedHost(Random& random, const Instant& now, Check check)
      : random_(random), now_(now), check_(std::move(check)) {}

  void submit(const Action& action) override;

  // When the next thing happens, and what is then told (it may be nothing).
  [[nodiscard]] std::optional<Instant> next_time() const;
  std::vector<Event> take_due();

  // A file gets this content, or (empty) vanishes.
  void write_file(const std::string& path, const std::string& content);
  // A unit of systemd becomes so, or (with a problem) nobody can tell how it is.
  void set_unit(const std::string& name, const UnitState& state);
  // It does what it is there for: it is active, or has had its run.
  [[nodiscard]] UnitState unit_that_is_up(const std::string& name);
  // The container's process ends now, by itself.
  void crash(const std::string& container, ExitStatus status);

  Faults faults;
  bool even = false;  // everything takes a millisecond, and oneshots none at all
  World world;
  std::optional<std::string> problem;  // something impossible was made to happen

 private:
  using Happening = std::function<void()>;
  std::uint64_t even_ties_ = 0;  // what is scheduled first happens first
  struct Scheduled {
    Instant at;
    std::uint64_t tie;  // at one instant anything may come first
    Happening happen;
  };

  void begin(const Action& action, const action::CreateNetwork& deed);
  void begin(const Action& action, const action::RemoveNetwork& deed);
  void begin(const Action& action, const action::CreateSandbox& deed);
  void begin(const Action& action, const action::RemoveSandbox& deed);
  void begin(const Action& action, const action::Launch& deed);
  void begin(const Action& action, const action::Stop& deed);
  void begin(const Action& action, const action::Kill& deed);
  void begin(const Action& action, const action::CleanUp& deed);
  void begin(const Action& action, const action::Update& deed);
  void begin(const Action& action, const action::Check& deed);
  void begin(const Action& action, const action::Reload& deed);
  void begin(const Action& action, const action::WatchFiles& deed);
  void begin(const Action& action, const action::WatchUnits& deed);
  void begin(const Action& action, const action::StartUnit& deed);
  void begin(const Action& action, const action::RemoveRoot& deed);
  void begin(const Action& action, const action::ApplyView& deed);
  void begin(const Action& action, const action::Probe& deed);

  void after(Duration delay, Happening happen);
  Duration latency();
  bool fails() { return random_.chance(faults.failure_percent); }
  void tell(Event event) { told_.push_back(std::move(event)); }
  void tell_later(Event event);
  void tell_failure(const Action& action);

  // Whether the ports of a definition can be had; then they may be published.
  bool grant_ports(const std::string& name, const ContainerSpec& spec);
  void look_later(const std::string& path);
  void tell_unit(const std::string& name);
  void fail_launch(const Action& action, std::uint64_t launch_id);
  void begin_process(const std::string& name, std::uint64_t launch_id, const SpecPtr& spec);
  void plan_end(const std::string& name, std::uint64_t launch_id, const ContainerSpec& spec);
  void end_process(const std::string& name, std::uint64_t launch_id, ExitStatus status);
  ExitStatus random_status();
  std::vector<std::string> addresses_of(const std::string& name, const ContainerSpec& spec);

  Random& random_;
  const Instant& now_;
  Check check_;
  std::vector<Scheduled> queue_;  // a heap
  std::vector<Event> told_;
  std::set<std::string> watched_;
  std::set<std::string> watched_units_;
  std::uint64_t activations_ = 0;
  std::set<std::pair<std::string, std::uint16_t>> granted_;  // ports that were found free
  std::map<std::string, int> leases_;
  int next_pid_ = 100;
};

// For lives in which no worker dies.
class NoRecords final : public Records {
 public:
  Result<void> keep(const Action&, const ObservedState&) override { return {}; }
};

}  // namespace berth::simulation
