// KernelHost: launches, exits, and health probes that run inside.
#include <csignal>
#include <filesystem>
#include <memory>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/kernel/process.h"
#include "supervisor/network/hosts.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_cleanup.h"
#include "supervisor/runtime/compile_exec.h"
#include "supervisor/runtime/compile_launch.h"
#include "supervisor/runtime/compile_update.h"
#include "supervisor/runtime/kernel_host.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/process_status.h"

namespace berth::runtime {

namespace {

// True when the file (v2 memory.events, v1 memory.oom_control) counts an OOM kill.
bool counts_oom_kill(const std::string& file) {
  if (file.empty()) return false;
  const auto text = read_small_file(file);
  if (!text) return false;
  const std::size_t at = text->find("oom_kill ");
  return at != std::string::npos && text->compare(at + 9, 1, "0") != 0;
}

Result<unique_fd> duplicate(const unique_fd& fd) {
  unique_fd copy(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
  if (!copy) return fail_errno("cannot duplicate a descriptor");
  return copy;
}

}  // namespace

// ---- launches -----------------------------------------------------------------------------------

void KernelHost::carry_out(const Action& action, const action::Launch& deed) {
  // Its sandbox may be older than its ports.
  if (auto checked = check_ports(*deed.spec); !checked) return fail(action, checked.error());
  if (!deed.spec->root_template.empty() && template_ != Template::ready) {
    waiting_for_template_.push_back(action);
    build_template();
    return;
  }
  read_files(std::make_shared<Start>(Start{action, deed.spec, deed.launch_id, {}, {}}));
}

void KernelHost::launch(const StartPtr& start) {
  const SpecPtr complete = start->with_variables();
  const ContainerSpec& spec = *complete;
  const Action& action = start->action;
  if (auto written = write_run_files(spec); !written) return fail(action, written.error());
  const auto sandbox = sandboxes_.find(spec.name);
  const bool has_netns = sandbox != sandboxes_.end() && sandbox->second.netns;
  if (!has_netns && spec.network != NetworkMode::host) {
    // Without it the container would run in the host's network.
    return fail(action, error_at(spec, "network", "its network namespace is gone"));
  }
  auto program = compile_launch(spec, Sandbox{.has_netns = has_netns}, facts_, paths_, filters_,
                                start->launch_id);
  if (!program) return fail(action, program.error());
  std::vector<unique_fd> fds;
  if (has_netns) {
    auto netns = duplicate(sandbox->second.netns);
    if (!netns) return fail(action, netns.error());
    fds.push_back(*std::move(netns));
  }
  launching_.insert(start->launch_id);
  Job job{*std::move(program), std::move(fds), kLaunchDeadline, {}};
  job.done = [this, start](JobResult result) {
    const std::uint64_t id = start->launch_id;
    launching_.erase(id);
    const auto early = early_exits_.extract(id);
    if (result.error) return fail(start->action, *result.error);
    const std::string& name = start->spec->name;
    unique_fd console = result.fds.empty() ? unique_fd() : std::move(result.fds.front());
    launches_[id] = {name,
                     start->spec,
                     result.pid,
                     std::move(result.pidfd),
                     start->variables,
                     std::move(console)};
    hold_variables(id, start->variables);
    wiring_.emit(event::Launched{name, id, result.pid, start->digests});
    if (early) end_launch(id, early.mapped());
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

unique_fd KernelHost::take_console(const std::string& container) {
  for (auto& [id, entry] : launches_) {
    if (entry.container == container && entry.console) return std::move(entry.console);
  }
  return {};
}

// hosts, hostname and resolv.conf: bound into the container by its launch.
Result<void> KernelHost::write_run_files(const ContainerSpec& spec) {
  const std::string directory = paths_.run_of(spec.name);
  std::error_code failure;
  std::filesystem::create_directories(directory, failure);
  if (failure) return berth::fail("cannot create " + directory + ": " + failure.message());
  const std::string hostname = spec.hostname.empty() ? spec.name : spec.hostname;
  hostnames_[spec.name] = hostname;
  const auto entries = hosts_.find(spec.name);
  TRY(write_hosts(spec.name, entries == hosts_.end() ? HostList() : entries->second));
  TRY(write_in_place(directory + "/hostname", hostname + "\n", 0644));
  const auto host = read_small_file("/etc/resolv.conf");
  std::string resolv_conf = host ? *host : "";
  if (spec.network != NetworkMode::host) {
    const auto resolved = read_small_file("/run/systemd/resolve/resolv.conf");
    resolv_conf = network::container_resolv_conf(
        resolv_conf, resolved ? std::optional<std::string_view>(*resolved) : std::nullopt);
  }
  return write_in_place(directory + "/resolv.conf", resolv_conf, 0644);
}

// The skeleton of template "host" is built once, before the first launch that needs it.
void KernelHost::build_template() {
  if (std::exchange(template_, Template::building) == Template::building) return;
  Job job;
  job.program = compile_template_host(facts_, paths_);
  job.deadline = kRemovalDeadline;
  job.done = [this](const JobResult& result) {
    template_ = result.error ? Template::unknown : Template::ready;
    for (const Action& action : std::exchange(waiting_for_template_, {})) {
      if (result.error) {
        fail(action, Error(*result.error).within("cannot build template \"host\""));
      } else {
        submit(action);
      }
    }
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

void KernelHost::carry_out(const Action& action, const action::Stop& deed) {
  const auto found = launches_.find(deed.launch_id);
  if (found == launches_.end()) return;  // its exit has been told
  const auto sent = kernel::send_signal(found->second.pidfd.get(), deed.signal.number);
  if (!sent && sent.error().code != ESRCH) fail(action, sent.error());
}

void KernelHost::carry_out(const Action& action, const action::Kill& deed) {
  const auto found = launches_.find(deed.launch_id);
  if (found == launches_.end()) return;
  // The first process of a pid namespace takes all others with it.
  const auto sent = kernel::send_signal(found->second.pidfd.get(), SIGKILL);
  if (!sent && sent.error().code != ESRCH) fail(action, sent.error());
}

void KernelHost::carry_out(const Action& action, const action::CleanUp& deed) {
  run(action, compile_cleanup(action.subject, facts_, paths_), kRemovalDeadline, {},
      [this, action, id = deed.launch_id](JobResult) {
        wiring_.drop(id);
        launches_.erase(id);
        run_post_stop(action, id);
      });
}

void KernelHost::carry_out(const Action& action, const action::Update& deed) {
  const auto found = launches_.find(deed.launch_id);
  if (found == launches_.end()) return wiring_.emit(event::Updated{action.subject, deed.launch_id});
  if (auto checked = check_ports(*deed.spec); !checked) return fail(action, checked.error());
  auto program = compile_update(*found->second.spec, *deed.spec, facts_);
  if (!program) return fail(action, program.error());
  const auto updated = [this, spec = deed.spec, id = deed.launch_id](JobResult) {
    if (const auto entry = launches_.find(id); entry != launches_.end()) entry->second.spec = spec;
    wiring_.emit(event::Updated{spec->name, id});
  };
  if (program->steps().empty()) return updated({});
  run(action, *std::move(program), kLaunchDeadline, {}, updated);
}

// ---- ends ---------------------------------------------------------------------------------------

bool KernelHost::on_exit(std::uint64_t id, int code, int status) {
  if (hooks_.on_exit(id, code, status)) return true;
  if (probes_.contains(id)) {
    end_probe(id, {code, status});
  } else if (launches_.contains(id)) {
    end_launch(id, {code, status});
  } else if (launching_.contains(id)) {
    early_exits_[id] = {code, status};  // it overtook its launch's answer
  } else {
    return false;
  }
  return true;
}

void KernelHost::end_launch(std::uint64_t launch_id, ProcessEnd end) {
  LaunchEntry& entry = launches_.at(launch_id);
  ExitStatus status = to_status(end.code, end.status);
  status.oom_killed = counts_oom_kill(oom_kill_file(entry.container, facts_));
  ends_[launch_id] = {entry.spec, status};
  wiring_.emit(event::Exited{entry.container, launch_id, status});
  launches_.erase(launch_id);
}

// ---- health probes that run inside --------------------------------------------------------------

void KernelHost::carry_out(const Action& action, const action::Probe& deed) {
  const auto answer = [this, name = action.subject, id = deed.launch_id](bool healthy,
                                                                         std::string message) {
    wiring_.emit(event::Probed{name, id, healthy, std::move(message)});
  };
  const auto launch = launches_.find(deed.launch_id);
  if (launch == launches_.end()) return answer(false, "the container has ended");
  const std::uint64_t probe_id = next_probe_id_++;
  const SpecPtr spec = Start{{}, deed.spec, 0, launch->second.variables, {}}.with_variables();
  auto program = compile_exec(*spec, facts_, filters_, probe_id, spec->healthcheck.exec);
  if (!program) return answer(false, program.error().message());
  ExecProbe probe;
  probe.container = action.subject;
  probe.launch_id = deed.launch_id;
  probe.timeout = deed.spec->healthcheck.timeout;
  auto pidfd = duplicate(launch->second.pidfd);
  if (!pidfd) return answer(false, pidfd.error().message());
  launching_.insert(probe_id);
  Job job;
  job.program = *std::move(program);
  job.fds.push_back(*std::move(pidfd));
  job.done = [this, probe_id, answer,
              begun = std::make_shared<ExecProbe>(std::move(probe))](JobResult result) {
    launching_.erase(probe_id);
    const auto early = early_exits_.extract(probe_id);
    if (result.error) {
      wiring_.drop(probe_id);
      return answer(false, result.error->message());
    }
    begun->pidfd = std::move(result.pidfd);
    // From its birth: how long it waited for a launcher says nothing about the container.
    begun->deadline = BootClock::now() + begun->timeout;
    probes_[probe_id] = std::move(*begun);
    if (early) end_probe(probe_id, early.mapped());
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

void KernelHost::end_probe(std::uint64_t probe_id, ProcessEnd end) {
  const ExecProbe probe = std::move(probes_.at(probe_id));
  probes_.erase(probe_id);
  wiring_.drop(probe_id);
  const ExitStatus status = to_status(end.code, end.status);
  wiring_.emit(event::Probed{
      probe.container, probe.launch_id, status.success() && !probe.timed_out,
      probe.timed_out ? "timed out after " + format_duration(probe.timeout) : describe(status)});
}

std::optional<Instant> KernelHost::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [id, probe] : probes_) {
    if (!probe.timed_out && (!next || probe.deadline < *next)) next = probe.deadline;
  }
  if (!orphans_ended_.empty()) {
    const Instant look = BootClock::now() + kOrphanLook;
    next = next ? std::min(*next, look) : look;
  }
  for (const std::optional<Instant> other : {files_.next_deadline(), hooks_.next_deadline()}) {
    if (other) next = next ? std::min(*next, *other) : *other;
  }
  return next;
}

void KernelHost::on_time(Instant now) {
  files_.on_time(now);
  hooks_.on_time(now);
  for (const auto& [id, since] : std::map(orphans_ended_)) look_at_orphan(id);
  for (auto& [id, probe] : probes_) {
    if (probe.timed_out || probe.deadline > now) continue;
    probe.timed_out = true;
    // Its exit is what answers; when it has ended already, that is under way.
    std::ignore = kernel::send_signal(probe.pidfd.get(), SIGKILL);
  }
}

}  // namespace berth::runtime
