// KernelHost: the Host on the real kernel. It compiles each action into a program, has a launcher
// carry it out, and answers with events.
//
// It holds what a descriptor must be held for: the network namespaces of sandboxes and the pidfds
// of launches. Single-threaded; never blocks on an operator's path (launchers do).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/base/unique_fd.h"
#include "supervisor/execute/host.h"
#include "supervisor/model/paths.h"
#include "supervisor/network/leases.h"
#include "supervisor/network/network_program.h"
#include "supervisor/network/sandbox_program.h"
#include "supervisor/plan/adopt.h"
#include "supervisor/plan/event.h"
#include "supervisor/runtime/file_watch.h"
#include "supervisor/runtime/hook_runner.h"
#include "supervisor/runtime/host_facts.h"
#include "supervisor/runtime/inheritance.h"
#include "supervisor/runtime/launcher_pool.h"
#include "supervisor/runtime/seccomp.h"

namespace berth::runtime {

class KernelHost : public Host {
 public:
  struct Wiring {
    LauncherPool* pool = nullptr;
    std::function<void(Event)> emit;  // queues; never handles at once
    std::function<void(std::uint64_t id)>
        drop;  // tells the keeper to let go of a launch or sandbox
    // Has the keeper hold a duplicate of the descriptor for a later worker.
    std::function<void(std::uint64_t id, handoff::HeldKind kind, int fd)> hold;
    // Calls back when the descriptor is readable, for as long as what is returned lives.
    std::function<std::shared_ptr<void>(int fd, std::function<void()>)> watch;
    // What a hook said, line by line.
    std::function<void(const Hook& hook, const std::string& line)> say;
  };

  // Looks at the host, and reads the leases. Fails when no container could run at all.
  static Result<std::unique_ptr<KernelHost>> create(const Paths& paths, const HostSpec& host,
                                                    Wiring wiring);
  ~KernelHost() override;

  // Probe actions with exec commands only; the others are the daemon's, and so are units.
  void submit(const Action& action) override;

  // A process that a launcher spawned has ended. `code` and `status` as waitid tells them. False
  // when nobody wants to know: the keeper may forget it.
  bool on_exit(std::uint64_t launch_id, int code, int status);

  // Exec probes have deadlines of their own.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  void on_time(Instant now);

  // The master of a system container's console, once after its launch; none: it has none.
  unique_fd take_console(const std::string& container);
  // The network namespace of a container's sandbox; -1: the host's.
  [[nodiscard]] int netns(const std::string& container) const;
  [[nodiscard]] const HostFacts& facts() const { return facts_; }
  // Sentences about the host: what is missing, what another manager's rules would drop.
  [[nodiscard]] std::vector<std::string> warnings() const;

  // What of this state lives, by what the keeper has of the worker that recorded it. Processes of
  // an earlier keeper are verified by the boot, their number and their start time.
  Found look_for(const ObservedState& recorded, Inheritance& inheritance);
  // Goes on from the state that followed. What the keeper has and nobody claims is ended.
  void take_over(const ObservedState& adopted, Inheritance inheritance);

  // Queues programs that remove what an earlier berthd left behind and nobody goes on from:
  // cgroups, links, the bridges of these networks, rules. `swept` is called once, when all have
  // ended, with what went wrong; possibly from within this call.
  void sweep(const std::map<std::string, NetworkPtr>& networks, const ObservedState& adopted,
             std::function<void(std::vector<Error>)> swept);

  // Removes the cgroups' parents, when every container is gone.
  void remove_parents(std::function<void(std::optional<Error>)> removed);

 private:
  struct SandboxEntry {
    std::uint64_t id = 0;
    unique_fd netns;                    // none: the host's network, or not made yet
    std::vector<std::string> networks;  // what it is attached to, in order
  };
  struct LaunchEntry {
    std::string container;
    SpecPtr spec;
    int pid = 0;
    unique_fd pidfd;
    std::map<std::string, std::string> variables;  // of its env_file, as they were
    unique_fd console;                             // until it is taken
    // Of one that is no child of our keeper: its end is seen here.
    std::shared_ptr<void> watch = {};
  };
  // A launch under way, with what its files said.
  struct Start {
    Action action;
    SpecPtr spec;
    std::uint64_t launch_id = 0;
    std::map<std::string, std::string> variables;
    std::map<std::string, std::string> digests;
    [[nodiscard]] SpecPtr with_variables() const;
  };
  using StartPtr = std::shared_ptr<Start>;
  // What post_stop is told of a launch.
  struct LaunchEnd {
    SpecPtr spec;
    std::optional<ExitStatus> status;  // none: its process never began
  };
  struct ExecProbe {
    std::string container;
    std::uint64_t launch_id = 0;
    Instant deadline;
    Duration timeout{};
    unique_fd pidfd;
    bool timed_out = false;
  };

  void carry_out(const Action& action, const action::CreateNetwork& deed);
  void carry_out(const Action& action, const action::RemoveNetwork& deed);
  void carry_out(const Action& action, const action::CreateSandbox& deed);
  void carry_out(const Action& action, const action::RemoveSandbox& deed);
  void carry_out(const Action& action, const action::Launch& deed);
  void carry_out(const Action& action, const action::Stop& deed);
  void carry_out(const Action& action, const action::Kill& deed);
  void carry_out(const Action& action, const action::CleanUp& deed);
  void carry_out(const Action& action, const action::Update& deed);
  void carry_out(const Action& action, const action::Check& deed);
  void check_host(const Action& action, const action::Check& deed);
  void carry_out(const Action& action, const action::Reload& deed);
  void carry_out(const Action& action, const action::WatchFiles& deed);
  void carry_out(const Action&, const action::WatchUnits&) {}  // units of systemd are the daemon's
  void carry_out(const Action&, const action::StartUnit&) {}
  void carry_out(const Action& action, const action::RemoveRoot& deed);
  void carry_out(const Action& action, const action::ApplyView& deed);
  void carry_out(const Action& action, const action::Probe& deed);

  // Submits a program; its failure is Failed{action}, its success the event, or what is called.
  void run(const Action& action, handoff::Program program, Duration deadline, Event event);
  void run(const Action& action, handoff::Program program, Duration deadline,
           std::vector<unique_fd> fds, std::function<void(JobResult)> succeeded);
  void fail(const Action& action, const Error& error);

  // A sandbox outlives its container's launches, and a bridge may be deleted by hand meanwhile:
  // tells that it is gone, so that it is made anew.
  void look_for_lost_bridges(const std::string& container);
  Result<std::vector<network::Attachment>> attachments_of(const ContainerSpec& spec);
  // Links into the network's bridge that sandboxes have, and lost when it is gone.
  [[nodiscard]] std::vector<network::BridgePort> ports_of(const std::string& network) const;
  [[nodiscard]] handoff::Program compile_network_sweep(
      const std::map<std::string, NetworkPtr>& networks, const ObservedState& adopted,
      std::vector<Error>& errors) const;
  void take_over_launch(const std::string& name, const ObservedContainer& seen,
                        Inheritance::Entry& entry);
  void take_over_sandbox(const std::string& name, const ObservedContainer& seen,
                         Inheritance& inheritance);
  void end_unclaimed(Inheritance& inheritance, const ObservedState& adopted);
  void watch_orphan(std::uint64_t launch_id);
  void orphan_ended(std::uint64_t launch_id);
  void look_at_orphan(std::uint64_t launch_id);
  void hold_variables(std::uint64_t launch_id, const std::map<std::string, std::string>& variables);
  // A launch: its files are read, its hook is run, its process begins.
  void read_files(const StartPtr& start);
  Result<void> take_files(Start& start, const std::vector<FoundFile>& found);
  void run_pre_start(const StartPtr& start);
  void launch(const StartPtr& start);
  void run_post_stop(const Action& action, std::uint64_t launch_id);
  // Whether the ports are free. Packets to those that the container publishes come here already.
  [[nodiscard]] Result<void> check_ports(const ContainerSpec& spec) const;
  [[nodiscard]] bool publishes(const std::string& container, const PortSpec& port) const;
  void apply_rules(const Action& action, const NetworkView& view, const std::string& rules);
  Result<void> write_hosts(const std::string& container, const HostList& entries);
  Result<void> write_run_files(const ContainerSpec& spec);
  void build_template();
  void end_launch(std::uint64_t launch_id, ProcessEnd end);
  void end_probe(std::uint64_t probe_id, ProcessEnd end);
  void look_for_foreign_policies(bool ipv6);

  KernelHost(Paths paths, HostSpec host, HostFacts facts, network::Leases leases, Wiring wiring,
             const handoff::FilesKey& key);

  // How long a launcher may take. A launch waits for the operator's paths, a removal for the disk.
  static constexpr Duration kLaunchDeadline = std::chrono::seconds(10);
  static constexpr Duration kRemovalDeadline = std::chrono::seconds(120);
  // An orphan's status is known when its parent has reaped it; so often and so long is looked.
  static constexpr Duration kOrphanLook = std::chrono::milliseconds(50);
  static constexpr Duration kOrphanPatience = std::chrono::seconds(2);

  enum class Template { unknown, building, ready };

  unique_fd lock_;  // of the cgroup parent: nobody else's
  Paths paths_;
  HostSpec host_;
  HostFacts facts_;
  network::Leases leases_;
  Wiring wiring_;
  std::map<std::string, SandboxEntry> sandboxes_;
  std::map<std::uint64_t, LaunchEntry> launches_;
  std::map<std::uint64_t, LaunchEnd> ends_;  // launches to clean up after
  FileWatch files_;
  HookRunner hooks_;
  std::map<std::uint64_t, ExecProbe> probes_;
  std::map<std::uint64_t, Instant> orphans_ended_;  // whose status is not told yet, and since when
  std::set<std::uint64_t> launching_;  // launches and probes whose launcher has not answered
  std::map<std::uint64_t, ProcessEnd> early_exits_;  // told before the launcher's answer came
  std::map<std::string, NetworkPtr> networks_;
  std::map<std::string, HostList> hosts_;         // as last applied
  std::map<std::string, std::string> hostnames_;  // of containers that have a hosts file
  std::vector<PublishedPort> published_;          // as last applied
  std::optional<std::string> rules_;              // as last applied; none: not known
  std::optional<std::string> guard_;  // the bridges' rules likewise; none: none are there
  std::uint64_t networks_made_ = 0;   // bridges that were made, ever
  SeccompFilters filters_;
  Template template_ = Template::unknown;
  std::vector<Action> waiting_for_template_;
  std::vector<std::string> foreign_policies_;
  // Ids of other things than launches, so that the keeper never takes one for another.
  std::uint64_t next_probe_id_ = std::uint64_t{1} << 63;
};

}  // namespace berth::runtime
