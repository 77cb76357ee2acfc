#include "supervisor/runtime/kernel_host.h"

#include <cstring>
#include <filesystem>
#include <utility>

#include <sys/random.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/compile_cleanup.h"
#include "supervisor/runtime/instance_lock.h"

namespace berth::runtime {

namespace {

// Digests are made with it, so that they say nothing about what they are of. The instance's own,
// and kept as long as the host runs: a later worker compares with what an earlier one read.
Result<handoff::FilesKey> files_key(const Paths& paths) {
  const std::string path = paths.run() + "/files.key";
  handoff::FilesKey key{};
  if (const auto kept = read_small_file(path); kept && kept->size() == key.size()) {
    std::memcpy(key.data(), kept->data(), key.size());
    return key;
  }
  if (::getrandom(key.data(), key.size(), 0) != static_cast<ssize_t>(key.size())) {
    return fail_errno("cannot make a random key");
  }
  std::error_code failure;
  std::filesystem::create_directories(paths.run(), failure);
  TRY(write_in_place(path, {reinterpret_cast<const char*>(key.data()), key.size()}, 0600));
  return key;
}

}  // namespace

Result<std::unique_ptr<KernelHost>> KernelHost::create(const Paths& paths, const HostSpec& host,
                                                       Wiring wiring) {
  HostFacts facts = TRY(gather_host_facts(host));
  unique_fd lock = TRY(lock_cgroup_parent(facts));
  network::Leases leases = TRY(network::load_leases(paths.leases()));
  const handoff::FilesKey key = TRY(files_key(paths));
  std::unique_ptr<KernelHost> made(
      new KernelHost(paths, host, std::move(facts), std::move(leases), std::move(wiring), key));
  made->lock_ = std::move(lock);
  return made;
}

KernelHost::KernelHost(Paths paths, HostSpec host, HostFacts facts, network::Leases leases,
                       Wiring wiring, const handoff::FilesKey& key)
    : paths_(std::move(paths)),
      host_(std::move(host)),
      facts_(std::move(facts)),
      leases_(std::move(leases)),
      wiring_(std::move(wiring)),
      files_(*wiring_.pool, wiring_.emit, key),
      hooks_(facts_, {wiring_.pool, wiring_.drop, wiring_.watch, wiring_.say}) {}

// The parents were made for the lock. Where containers live on they are not empty, and stay.
KernelHost::~KernelHost() {
  for (const std::string& parent : parent_cgroups(facts_)) ::rmdir(parent.c_str());
}

std::vector<std::string> KernelHost::warnings() const { return foreign_policies_; }

void KernelHost::submit(const Action& action) {
  if (const auto* launch = std::get_if<action::Launch>(&action.deed))
    look_for_lost_bridges(launch->spec->name);
  std::visit([this, &action](const auto& deed) { carry_out(action, deed); }, action.deed);
}

// ---- answers ----------------------------------------------------------------------------------

void KernelHost::fail(const Action& action, const Error& error) {
  wiring_.emit(event::Failed{action, error.message()});
}

void KernelHost::run(const Action& action, handoff::Program program, Duration deadline,
                     std::vector<unique_fd> fds, std::function<void(JobResult)> succeeded) {
  Job job;
  job.program = std::move(program);
  job.fds = std::move(fds);
  job.deadline = deadline;
  job.done = [this, action, succeeded = std::move(succeeded)](JobResult result) {
    if (result.error) return fail(action, *result.error);
    succeeded(std::move(result));
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

void KernelHost::run(const Action& action, handoff::Program program, Duration deadline,
                     Event event) {
  if (program.steps().empty()) return wiring_.emit(std::move(event));
  run(action, std::move(program), deadline, {},
      [this, event = std::move(event)](JobResult) { wiring_.emit(event); });
}

// ---- what is not of one container ---------------------------------------------------------------

void KernelHost::carry_out(const Action& action, const action::RemoveRoot& deed) {
  if (deed.everything) {
    hostnames_.erase(action.subject);
    network::release(leases_, action.subject);
    if (auto saved = network::save(leases_, paths_.leases()); !saved) {
      return fail(action, saved.error());
    }
  }
  run(action, compile_remove_root(action.subject, paths_, deed.everything), kRemovalDeadline,
      event::RootRemoved{action.subject});
}

void KernelHost::sweep(const std::map<std::string, NetworkPtr>& networks,
                       const ObservedState& adopted,
                       std::function<void(std::vector<Error>)> swept) {
  struct Progress {
    std::size_t left = 0;
    std::vector<Error> errors;
  };
  const auto progress = std::make_shared<Progress>();
  std::vector<handoff::Program> programs;
  for (const std::string& container : containers_in_cgroups(facts_)) {
    // Where something goes on, or has its clean-up before it, only its hooks are ended.
    const auto seen = adopted.containers.find(container);
    const bool claimed =
        seen != adopted.containers.end() && (seen->second.running() || seen->second.remains);
    programs.push_back(claimed ? compile_end_hooks(container, facts_)
                               : compile_cleanup(container, facts_, paths_));
  }
  programs.push_back(compile_network_sweep(networks, adopted, progress->errors));
  std::erase_if(programs, [](const handoff::Program& each) { return each.steps().empty(); });
  // All are counted before the first is submitted: it may end at once.
  progress->left = programs.size();
  if (programs.empty()) return swept(std::move(progress->errors));
  for (handoff::Program& program : programs) {
    Job job;
    job.program = std::move(program);
    job.deadline = kRemovalDeadline;
    job.done = [progress, swept](JobResult result) {
      if (result.error) progress->errors.push_back(*std::move(result.error));
      if (--progress->left == 0) swept(std::move(progress->errors));
    };
    wiring_.pool->submit(std::move(job), BootClock::now());
  }
}

void KernelHost::remove_parents(std::function<void(std::optional<Error>)> removed) {
  Job job;
  job.program = compile_remove_parents(facts_);
  job.deadline = kLaunchDeadline;
  job.done = [removed = std::move(removed)](JobResult result) { removed(std::move(result.error)); };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

}  // namespace berth::runtime
