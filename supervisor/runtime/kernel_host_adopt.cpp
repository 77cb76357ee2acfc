// KernelHost: going on from where an earlier worker, or an earlier keeper, was ended.
#include <algorithm>
#include <csignal>
#include <string_view>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/kernel/process.h"
#include "supervisor/plan/attachments.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/kernel_host.h"

namespace berth::runtime {

namespace {

using handoff::HeldKind;

constexpr std::size_t kVariablesMost = 16u << 20;  // bytes

// "NAME=value", a NUL after each.
std::string written(const std::map<std::string, std::string>& variables) {
  std::string text;
  for (const auto& [name, value] : variables) text += name + "=" + value + '\0';
  return text;
}

std::map<std::string, std::string> read_variables(int memfd) {
  std::map<std::string, std::string> variables;
  const auto text = read_small_file("/proc/self/fd/" + std::to_string(memfd), kVariablesMost);
  if (!text) return variables;
  for (std::string_view rest = *text; !rest.empty();) {
    const std::string_view entry = rest.substr(0, rest.find('\0'));
    rest.remove_prefix(std::min(rest.size(), entry.size() + 1));
    const std::size_t sign = entry.find('=');
    if (sign == std::string_view::npos) continue;
    variables[std::string(entry.substr(0, sign))] = entry.substr(sign + 1);
  }
  return variables;
}

unique_fd take_held(Inheritance::Entry& entry, HeldKind kind) {
  const auto found = entry.held.find(kind);
  return found == entry.held.end() ? unique_fd() : std::move(found->second);
}

bool holds(const Inheritance::Entry& entry, HeldKind kind) {
  const auto found = entry.held.find(kind);
  return found != entry.held.end() && found->second;
}

// A process of an earlier keeper: the number alone says nothing, the start time with it does. None:
// it is no more.
unique_fd find_orphan(const Inheritance::Entry& entry) {
  auto pidfd = kernel::open_pidfd(entry.pid);
  if (!pidfd) return {};
  // Of the process that the descriptor is of, if it lives after the look.
  const auto start_time = kernel::start_time_of(entry.pid);
  if (!start_time || *start_time != entry.start_time || kernel::has_ended(pidfd->get())) return {};
  return *std::move(pidfd);
}

std::vector<std::string> networks_of(const ContainerSpec& spec) {
  std::vector<std::string> names;
  for (const NetworkAttachment& each : planning::attachments_of(spec)) names.push_back(each.name);
  return names;
}

}  // namespace

Found KernelHost::look_for(const ObservedState& recorded, Inheritance& inheritance) {
  Found found;
  for (const auto& [name, container] : recorded.containers) {
    const auto launch = inheritance.entries.find(container.launch_id);
    if (launch != inheritance.entries.end() && launch->second.has_process) {
      Inheritance::Entry& entry = launch->second;
      const bool lost = entry.orphan && !entry.end && !holds(entry, HeldKind::process);
      if (lost) {
        entry.held[HeldKind::process] = find_orphan(entry);
        const int pidfd = entry.held[HeldKind::process].get();
        if (pidfd >= 0) wiring_.hold(container.launch_id, HeldKind::process, pidfd);
      }
      if (entry.end || holds(entry, HeldKind::process)) {
        found.processes[container.launch_id] = {entry.pid, entry.begun};
      }
      // With the keeper its namespace was let go of, and the process still has it.
      Inheritance::Entry& sandbox = inheritance.entries[container.sandbox_id];
      if (lost && container.sandbox_id != 0 && holds(entry, HeldKind::process) &&
          !holds(sandbox, HeldKind::netns)) {
        const std::string path = "/proc/" + std::to_string(entry.pid) + "/ns/net";
        unique_fd netns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
        const bool still = !kernel::has_ended(entry.held[HeldKind::process].get());
        if (netns && still) {
          wiring_.hold(container.sandbox_id, HeldKind::netns, netns.get());
          sandbox.held[HeldKind::netns] = std::move(netns);
        }
      }
    }
    const auto sandbox = inheritance.entries.find(container.sandbox_id);
    if (sandbox != inheritance.entries.end() && holds(sandbox->second, HeldKind::netns)) {
      found.sandboxes.insert(container.sandbox_id);
    }
  }
  return found;
}

void KernelHost::take_over(const ObservedState& adopted, Inheritance inheritance) {
  for (const auto& [name, network] : adopted.networks) {
    if (network.spec) networks_[name] = network.spec;
  }
  for (const auto& [name, container] : adopted.containers) {
    take_over_sandbox(name, container, inheritance);
    const auto entry = inheritance.entries.find(container.launch_id);
    if (container.running() && entry != inheritance.entries.end()) {
      take_over_launch(name, container, entry->second);
    } else if (container.remains && container.spec) {
      const bool ended = container.exited_id == container.launch_id;
      ends_[container.launch_id] = {container.spec,
                                    ended ? container.last_exit : std::optional<ExitStatus>()};
    }
  }
  end_unclaimed(inheritance, adopted);
}

void KernelHost::take_over_sandbox(const std::string& name, const ObservedContainer& seen,
                                   Inheritance& inheritance) {
  if (seen.sandbox == Presence::absent || !seen.sandbox_spec) return;
  SandboxEntry sandbox;
  sandbox.id = seen.sandbox_id;
  sandbox.networks = networks_of(*seen.sandbox_spec);
  const auto entry = inheritance.entries.find(seen.sandbox_id);
  if (entry != inheritance.entries.end()) sandbox.netns = take_held(entry->second, HeldKind::netns);
  sandboxes_[name] = std::move(sandbox);
}

void KernelHost::take_over_launch(const std::string& name, const ObservedContainer& seen,
                                  Inheritance::Entry& entry) {
  const std::uint64_t id = seen.launch_id;
  LaunchEntry launch;
  launch.container = name;
  launch.spec = seen.spec;
  launch.pid = seen.pid;
  launch.pidfd = take_held(entry, HeldKind::process);
  launch.console = take_held(entry, HeldKind::console);
  if (holds(entry, HeldKind::environment)) {
    launch.variables = read_variables(entry.held.at(HeldKind::environment).get());
  }
  launches_[id] = std::move(launch);
  if (seen.spec) hostnames_[name] = seen.spec->hostname.empty() ? name : seen.spec->hostname;
  if (entry.end) {
    end_launch(id, *entry.end);
  } else if (entry.orphan) {
    watch_orphan(id);
  }
}

// Probes, hooks, and what was half made for a container that nobody remembers.
void KernelHost::end_unclaimed(Inheritance& inheritance, const ObservedState& adopted) {
  std::set<std::uint64_t> claimed;
  for (const auto& [name, container] : adopted.containers) {
    if (container.running() || container.remains) claimed.insert(container.launch_id);
    if (container.sandbox != Presence::absent) claimed.insert(container.sandbox_id);
  }
  for (auto& [id, entry] : inheritance.entries) {
    next_probe_id_ = std::max(next_probe_id_, id + 1);
    if (claimed.contains(id)) continue;
    if (entry.has_process && !entry.end && holds(entry, HeldKind::process)) {
      std::ignore = kernel::send_signal(entry.held.at(HeldKind::process).get(), SIGKILL);
    }
    wiring_.drop(id);
  }
}

// ---- processes that are no children of our keeper
// -------------------------------------------------

void KernelHost::watch_orphan(std::uint64_t launch_id) {
  LaunchEntry& launch = launches_.at(launch_id);
  launch.watch = wiring_.watch(launch.pidfd.get(), [this, launch_id] {
    if (launches_.contains(launch_id) &&
        orphans_ended_.emplace(launch_id, BootClock::now()).second) {
      orphan_ended(launch_id);
    }
  });
}

// (Apart from the callback, which goes with the watch.)
void KernelHost::orphan_ended(std::uint64_t launch_id) {
  launches_.at(launch_id).watch.reset();
  look_at_orphan(launch_id);
}

// Its status is there when its parent has reaped it, if the kernel keeps it at all.
void KernelHost::look_at_orphan(std::uint64_t launch_id) {
  const auto launch = launches_.find(launch_id);
  if (launch == launches_.end()) return;
  const auto end = kernel::exit_of_other(launch->second.pidfd.get());
  const bool patient = BootClock::now() - orphans_ended_.at(launch_id) < kOrphanPatience;
  if (!end && patient) return;
  orphans_ended_.erase(launch_id);
  end_launch(launch_id, end ? ProcessEnd{end->code, end->status} : ProcessEnd{});
}

// ---- what only a worker's memory had
// --------------------------------------------------------------

// Never on a disk: there may be passwords in it.
void KernelHost::hold_variables(std::uint64_t launch_id,
                                const std::map<std::string, std::string>& variables) {
  if (variables.empty() || !wiring_.hold) return;
  const unique_fd memfd(::memfd_create("berth-environment", MFD_CLOEXEC));
  const std::string text = written(variables);
  if (!memfd) return;
  std::string_view rest = text;
  while (!rest.empty()) {
    const ssize_t count = ::write(memfd.get(), rest.data(), rest.size());
    if (count <= 0) return;
    rest.remove_prefix(static_cast<std::size_t>(count));
  }
  wiring_.hold(launch_id, HeldKind::environment, memfd.get());
}

}  // namespace berth::runtime
