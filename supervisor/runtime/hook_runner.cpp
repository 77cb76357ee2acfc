#include "supervisor/runtime/hook_runner.h"

#include <array>
#include <csignal>
#include <cstdio>
#include <tuple>
#include <utility>

#include <fcntl.h>
#include <unistd.h>

#include "supervisor/base/units.h"
#include "supervisor/kernel/process.h"
#include "supervisor/runtime/cgroups.h"
#include "supervisor/runtime/places.h"
#include "supervisor/runtime/process_status.h"

namespace berth::runtime {

namespace {

constexpr int kDrainReads = 8;  // a full pipe, and some

// Everything in the cgroup. Without cgroup.kill the clean-up behind it still does.
void kill_all(const std::string& cgroup) {
  const unique_fd file(::open((cgroup + "/cgroup.kill").c_str(), O_WRONLY | O_CLOEXEC));
  if (file) std::ignore = ::write(file.get(), "1", 1);
}

std::string printable(std::string line) {
  for (char& c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return line;
}

}  // namespace

void HookRunner::run(Hook hook, std::uint64_t id, Done done) {
  Run& run = runs_[id];
  run.hook = std::move(hook);
  run.done = std::move(done);
  if (auto started = begin(run, id); !started) finish(id, started.error());
}

Result<void> HookRunner::begin(Run& run, std::uint64_t id) {
  int ends[2];
  unique_fd mounts(::open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!mounts) return fail_errno("cannot open the host's mount namespace");
  if (::pipe2(ends, O_CLOEXEC) != 0) return fail_errno("cannot make a pipe");
  run.output.reset(ends[0]);
  unique_fd writer(ends[1]);
  ::fcntl(ends[0], F_SETFL, O_NONBLOCK);
  run.watch = wiring_.watch(ends[0], [this, id] { read_output(id); });
  Job job;
  job.program = compile_hook(run.hook, facts_, id);
  job.fds.push_back(std::move(mounts));
  job.fds.push_back(std::move(writer));
  job.done = [this, id](JobResult result) { begun(id, std::move(result)); };
  wiring_.pool->submit(std::move(job), BootClock::now());
  return {};
}

void HookRunner::begun(std::uint64_t id, JobResult result) {
  if (result.error) {
    wiring_.drop(id);
    return finish(id, std::move(result.error));
  }
  Run& run = runs_.at(id);
  run.pidfd = std::move(result.pidfd);
  run.deadline = BootClock::now() + kHookDeadline;
  if (run.end) ended(id);  // its exit overtook the launcher's answer
}

bool HookRunner::on_exit(std::uint64_t id, int code, int status) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return false;
  found->second.end = {code, status};
  if (found->second.deadline) ended(id);
  return true;
}

// What was said before the end is still in the pipe; whoever else holds it open is killed below.
void HookRunner::ended(std::uint64_t id) {
  Run& run = runs_.at(id);
  for (int i = 0; i < kDrainReads && run.watch; ++i) read_output(id);
  if (!run.line.empty()) take(run, "\n", wiring_);
  run.watch.reset();
  wiring_.drop(id);
  const ExitStatus status = to_status(run.end->first, run.end->second);
  std::optional<Error> error;
  if (run.timed_out || !status.success()) {
    std::string problem = run.timed_out ? "it did not end within " + format_duration(kHookDeadline)
                                        : describe(status);
    if (!run.last_line.empty()) problem += ": " + run.last_line;
    error = error_at(*run.hook.spec, run.hook.key, problem);
  }
  Job job;
  job.program = compile_hook_cleanup(run.hook.spec->name, facts_);
  job.done = [this, id, error = std::move(error)](JobResult cleaned) {
    finish(id, error ? error : std::move(cleaned.error));
  };
  wiring_.pool->submit(std::move(job), BootClock::now());
}

void HookRunner::finish(std::uint64_t id, std::optional<Error> error) {
  auto run = runs_.extract(id);
  run.mapped().watch.reset();
  run.mapped().done(std::move(error));
}

// Bounded for each turn of the loop: a hook that never stops talking does not hold it.
void HookRunner::read_output(std::uint64_t id) {
  const auto found = runs_.find(id);
  if (found == runs_.end()) return;
  Run& run = found->second;
  std::array<char, 16384> buffer;
  const ssize_t size = ::read(run.output.get(), buffer.data(), buffer.size());
  if (size > 0) take(run, {buffer.data(), static_cast<std::size_t>(size)}, wiring_);
  if (size == 0 || (size < 0 && run.end)) run.watch.reset();
}

void HookRunner::take(Run& run, std::string_view text, const Wiring& wiring) {
  for (const char c : text) {
    if (c != '\n') {
      if (run.line.size() < kLineMost) run.line += c;
      continue;
    }
    run.last_line = printable(std::exchange(run.line, {}));
    if (++run.lines <= kLinesMost) wiring.say(run.hook, run.last_line);
  }
}

std::optional<Instant> HookRunner::next_deadline() const {
  std::optional<Instant> next;
  for (const auto& [id, run] : runs_) {
    if (!run.deadline || run.timed_out) continue;
    next = next ? std::min(*next, *run.deadline) : *run.deadline;
  }
  return next;
}

void HookRunner::on_time(Instant now) {
  for (auto& [id, run] : runs_) {
    if (!run.deadline || run.timed_out || *run.deadline > now) continue;
    run.timed_out = true;
    kill_all(hook_cgroup(run.hook.spec->name, facts_));
    // Its exit is what answers.
    std::ignore = kernel::send_signal(run.pidfd.get(), SIGKILL);
  }
}

}  // namespace berth::runtime
