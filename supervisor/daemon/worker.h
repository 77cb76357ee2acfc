// Worker: the supervisor. It wires the parts into one loop:
//
//   files, kernel, operators, launchers --> events --> advance --> reconcile --> carry_out --> host
//
// and decides nothing itself. Callbacks only note what happened; everything that follows is done
// once in each turn().
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "supervisor/control/documents.h"
#include "supervisor/control/server.h"
#include "supervisor/control/systemd_units.h"
#include "supervisor/daemon/definition_watch.h"
#include "supervisor/daemon/definitions.h"
#include "supervisor/daemon/keeper_link.h"
#include "supervisor/daemon/log_keeper.h"
#include "supervisor/daemon/loop.h"
#include "supervisor/daemon/notifier.h"
#include "supervisor/daemon/prober.h"
#include "supervisor/daemon/wall_clock_watch.h"
#include "supervisor/execute/executor.h"
#include "supervisor/record/store.h"
#include "supervisor/runtime/inheritance.h"
#include "supervisor/runtime/kernel_host.h"

namespace berth::daemon {

class Worker final : private Host, private Records, private control::Backend {
 public:
  // Everything that can fail before the loop runs. `paths` are the instance's.
  static Result<std::unique_ptr<Worker>> create(const Paths& paths);
  ~Worker() override;

  // Runs until everything is stopped (true) or the keeper is gone (false).
  bool run();

 private:
  Worker(const Paths& paths, KeeperLink keeper);

  // The start (worker_start.cpp).
  Result<void> begin();
  Result<void> make_directories();
  Result<void> check_host_settings();
  Result<void> make_parts();
  Result<void> take_over();
  void sweep();
  void remember_roots();
  void remember_stops();

  // Going on from what an earlier worker recorded (worker_adoption.cpp).
  runtime::Inheritance hear_from_keeper();
  ObservedState recorded();
  void go_on(const ObservedState& observed, runtime::Inheritance& inheritance);
  void adopt_output(const std::string& name, const ObservedContainer& seen,
                    runtime::Inheritance& inheritance);

  // What wakes the loop.
  void on_keeper();
  void on_keeper_message(KeeperLink::Received received);
  void replace_launcher(std::uint64_t number);
  void heartbeat();
  void tell_crash(const handoff::KeeperMessage& crash);
  void on_server();
  void read_definitions();

  // Generations (worker_generations.cpp).
  void adopt_definitions(bool new_generation);
  void tell_of_generation(const char* kind, const std::string& message);
  void judge_generation(Instant now);
  void look_after_generations(Instant now);
  [[nodiscard]] std::optional<Instant> next_look() const;
  std::string rollback_answer(const DesiredState& desired) const;
  void begin_shutdown();

  // The turn: events in, actions out.
  bool turn();
  void apply(const Event& event);
  void tell_skipped(const Plan& plan) const;
  void set_timer();
  void publish();
  bool finish_shutdown();

  // Host: probes by socket are the prober's, units are systemd's, everything else is the kernel
  // host's.
  void submit(const Action& action) override;

  // Records: of the subject at once, of what events changed at the end of each turn
  // (worker_adoption.cpp).
  Result<void> keep(const Action& action, const ObservedState& observed) override;
  Result<void> keep_container(const std::string& name, const ObservedState& observed);
  void keep_changes();
  void touch(const Event& event);

  void watch_units(const std::set<std::string>& units);
  void note(const Event& event);

  // control::Backend
  std::string list() override;
  control::CallResult<std::string> status(const std::string& name) override;
  control::CallResult<std::string> plan() override;
  std::string state() override;
  control::CallResult<std::vector<std::string>> start(const control::Selection& selection) override;
  control::CallResult<std::vector<std::string>> stop(const control::Selection& selection) override;
  control::CallResult<std::vector<std::string>> restart(
      const control::Selection& selection) override;
  control::CallResult<std::string> rollback(std::uint64_t number, bool dry_run) override;
  control::CallResult<std::string> cancel_rollback(bool dry_run) override;
  std::uint64_t generation() override { return definitions_.generation(); }
  [[nodiscard]] control::CallResult<std::vector<std::string>> select_for(
      const control::Selection& selection, bool also_leaving) const;
  void obey(const Event& command);
  template <class OperatorEvent>
  control::CallResult<std::vector<std::string>> operate(const control::Selection& selection,
                                                        bool also_leaving);
  [[nodiscard]] control::StateView view() const;

  Paths paths_;
  Loop loop_;
  KeeperLink keeper_;
  Definitions definitions_;
  std::unique_ptr<runtime::LauncherPool> pool_;
  std::unique_ptr<runtime::KernelHost> host_;
  std::unique_ptr<LogKeeper> logs_;
  std::unique_ptr<Prober> prober_;
  std::unique_ptr<Notifier> notifier_;
  std::optional<DefinitionWatch> definition_watch_;
  std::optional<WallClockWatch> wall_clock_;
  control::SystemdUnits units_;
  std::optional<control::Server> server_;
  control::ChangeWatch change_watch_;
  std::string told_held_back_;  // of Definitions::held_back(), what was told last

  DesiredState desired_;
  ObservedState observed_;
  std::deque<Event> events_;
  std::optional<record::RecordStore> records_;
  // What events changed, and is not in the records yet.
  std::set<std::string> changed_containers_;
  std::set<std::string> changed_networks_;
  std::string record_trouble_;     // why the records are not up to date, as it was told
  std::string crash_;              // how the worker before this one ended, when it crashed
  bool leaving_ = false;           // the keeper re-executes itself: what runs goes on
  bool dirty_ = true;              // the desired state changed, or time has come
  bool sweeping_ = false;          // what an earlier run left behind is being removed first
  bool removing_parents_ = false;  // the last thing a shutdown does
  bool finished_ = false;
  bool keeper_gone_ = false;
  std::optional<Instant> wake_at_;

  std::map<std::uint64_t, Loop::Watch> launcher_watches_;
  Loop::Watch keeper_watch_;
  Loop::Watch server_watch_;
  Loop::Watch units_watch_;
  Loop::Timer timer_;
  Loop::Timer heartbeat_;
};

// The worker process, from its arguments on. Its exit status.
int run_worker(const Paths& paths);

}  // namespace berth::daemon
