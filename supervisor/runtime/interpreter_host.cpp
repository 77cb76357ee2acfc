#include "supervisor/runtime/interpreter_host.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <unistd.h>

#include "supervisor/kernel/process.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/child.h"
#include "supervisor/runtime/interpreter_cgroup.h"
#include "supervisor/runtime/interpreter_devices.h"
#include "supervisor/runtime/interpreter_limits.h"
#include "supervisor/runtime/interpreter_look.h"
#include "supervisor/runtime/interpreter_network.h"
#include "supervisor/runtime/interpreter_run.h"
#include "supervisor/runtime/interpreter_tree.h"
#include "supervisor/runtime/seccomp_profile.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::KeeperMessage;
using handoff::Op;
using handoff::Step;

// What a program may ask clone3 for.
constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                      CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWTIME;
// Which namespaces a launcher may visit: not those that make up its own view of the host's files.
constexpr std::uint64_t kVisited = CLONE_NEWNET | CLONE_NEWPID;

int errno_of(int result) noexcept { return result < 0 ? errno : 0; }

// One pipe whose child's end is at a number that the child knows.
struct ChildPipe {
  unique_fd ours;
  unique_fd theirs;

  int create(int their_number, bool they_write) noexcept {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) return errno;
    ours = unique_fd(ends[they_write ? 0 : 1]);
    unique_fd other(ends[they_write ? 1 : 0]);
    if (::dup3(other.get(), their_number, O_CLOEXEC) < 0) return errno;
    theirs = unique_fd(their_number);
    return 0;
  }
};

int tell_keeper(int keeper, const KeeperMessage& message, std::span<const int> fds) noexcept {
  return handoff::send_raw(keeper, std::as_bytes(std::span(&message, 1)), fds);
}

int visit_namespace(int fd, int kind, const char* own, unique_fd& home) noexcept {
  if (!home) home = unique_fd(::open(own, O_RDONLY | O_CLOEXEC));
  if (!home) return errno;
  return errno_of(::setns(fd, kind));
}

int go_home(int kind, unique_fd& home) noexcept {
  if (!home) return 0;
  if (::setns(home.get(), kind) != 0) return errno;
  home.reset();
  return 0;
}

}  // namespace

void HostRun::run() noexcept {
  for (std::uint32_t i = 0; i < program_.header->child_begin; ++i) {
    const bool failed = reply_.failed_step >= 0;
    if (failed && (program_.steps[i].flags & handoff::kAlways) == 0) continue;
    program_.set_progress(i);
    detail_.clear();
    const Outcome outcome = run_step(i);
    if (outcome.error != 0 && !failed) note_failure(outcome);
  }
  lost_ = return_home() != 0;
  if (reply_.failed_step < 0) collect_fds();
  reply_.fd_count = static_cast<std::uint32_t>(fd_count_);
}

void HostRun::collect_fds() noexcept {
  if (pidfd_) fds_[fd_count_++] = pidfd_.get();
  for (std::size_t i = 0; i < given_count_; ++i) fds_[fd_count_++] = given_[i].get();
}

void HostRun::note_failure(const Outcome& outcome) noexcept {
  reply_.failed_step = static_cast<std::int32_t>(outcome.step);
  reply_.error = outcome.error;
  static_assert(sizeof(reply_.detail) == sizeof(detail_.text));
  std::memcpy(reply_.detail, detail_.text, sizeof(reply_.detail));
}

HostRun::Outcome HostRun::run_step(std::uint32_t index) noexcept {
  const Step& step = program_.steps[index];
  Outcome outcome{0, index};
  if (step.op == Op::spawn) {
    outcome = spawn(step, index);
  } else {
    outcome.error = run_host_step({program_, &detail_}, step);
  }
  outcome.error = tolerated(outcome.error, step.flags);
  return outcome;
}

int HostRun::run_host_step(const StepContext& context, const Step& step) noexcept {
  switch (step.op) {
    case Op::copy_tree: return copy_tree(program_.text(step.text), program_.text(step.text2));
    case Op::remove_tree: return remove_tree(program_.text(step.text));
    case Op::copy_file: return copy_file(context, step);
    case Op::look_at_files: return look_at_files(step);
    case Op::rename:
      return errno_of(::renameat2(AT_FDCWD, program_.text(step.text), AT_FDCWD,
                                  program_.text(step.text2), static_cast<unsigned>(step.value)));
    case Op::enable_controllers: return enable_controllers(context, step);
    case Op::write_any: return write_any(context, step);
    case Op::write_device: return write_device(context, step);
    case Op::cgroup_reset: return cgroup_reset(context, step);
    case Op::make_device: return make_device(context, step);
    case Op::limit_devices: return limit_devices(context, step);
    case Op::unlock_pty: return unlock_pty(step);
    case Op::cgroup_remove: return remove_cgroup(program_.text(step.text), step.value);
    case Op::new_netns: return new_netns(step);
    case Op::set_ns: return set_namespace(step);
    case Op::run:
      return run_host_program(program_.view(step.text), program_.view(step.text2), step.fd,
                              detail_);
    case Op::hold: return hold(step);
    case Op::give: return give(step);
    case Op::inspect: return inspect(context, step);
    case Op::load_filter: return load_filter(step);
    default: return run_shared_step(context, step);
  }
}

int HostRun::set_namespace(const Step& step) noexcept {
  if (step.value == 0 || (step.value & ~kVisited) != 0) return EINVAL;
  if (step.fd < 0) return return_home();
  int error = 0;
  if ((step.value & CLONE_NEWNET) != 0) {
    error = visit_namespace(step.fd, CLONE_NEWNET, "/proc/self/ns/net", home_netns_);
  }
  if (error == 0 && (step.value & CLONE_NEWPID) != 0) {
    error = visit_namespace(step.fd, CLONE_NEWPID, "/proc/self/ns/pid", home_pidns_);
  }
  return error;
}

int HostRun::return_home() noexcept {
  const int net = go_home(CLONE_NEWNET, home_netns_);
  const int pid = go_home(CLONE_NEWPID, home_pidns_);
  return net != 0 ? net : pid;
}

int HostRun::hold(const Step& step) noexcept {
  KeeperMessage message;
  message.kind = KeeperMessage::Kind::hold;
  message.held = static_cast<handoff::HeldKind>(step.value);
  message.id = program_.header->launch_id;
  return tell_keeper(keeper_, message, {&step.fd, 1});
}

int HostRun::give(const Step& step) noexcept {
  if (given_count_ + 1 == fds_.size()) return E2BIG;  // one is left for the pidfd
  const int fd = ::fcntl(step.fd, F_DUPFD_CLOEXEC, handoff::kFirstSlot + handoff::kSlotCount);
  if (fd < 0) return errno;
  given_[given_count_++] = unique_fd(fd);
  return 0;
}

int HostRun::load_filter(const Step& step) {
  auto filter = load_seccomp_profile(program_.text(step.text));
  if (filter) {
    filter_ = *std::move(filter);
    return 0;
  }
  detail_.add(filter.error().message());
  return filter.error().code != 0 ? filter.error().code : EINVAL;
}

// The child is the keeper's, not ours (CLONE_PARENT), and waits until the keeper has been told;
// if that fails, or this process dies, it ends without having done anything.
HostRun::Outcome HostRun::spawn(const Step& step, std::uint32_t index) noexcept {
  if ((step.value & ~kNamespaces) != 0) return {EINVAL, index};
  ChildPipe go, report;
  if (const int error = go.create(kGoFd, false); error != 0) return {error, index};
  if (const int error = report.create(kReportFd, true); error != 0) return {error, index};
  ExecutePlan plan = plan_execute(program_);
  plan.filter = filter_;
  int pidfd = -1;
  const pid_t pid =
      raw::clone3(step.value | CLONE_PARENT | raw::kCloneClearSighand, 0, &pidfd, step.fd);
  if (pid == 0) run_child(program_, plan);
  if (pid < 0) return {-pid, index};
  pidfd_.reset(pidfd);
  go.theirs.reset();
  report.theirs.reset();

  KeeperMessage born;
  born.kind = KeeperMessage::Kind::born;
  born.id = program_.header->launch_id;
  born.pid = pid;
  // Not reaped before the keeper has read this: the number is its own.
  born.start_time = kernel::start_time_of(pid).value_or(0);
  if (const int error = tell_keeper(keeper_, born, {&pidfd, 1}); error != 0) return {error, index};
  reply_.pid = pid;
  if (::write(go.ours.get(), "g", 1) != 1) return {errno, index};
  return wait_for_execve(report.ours.get(), index);
}

// Before the worker hears of it: whoever knows that it runs, knows that it has begun.
int HostRun::tell_begun() noexcept {
  KeeperMessage begun;
  begun.kind = KeeperMessage::Kind::begun;
  begun.id = program_.header->launch_id;
  begun.pid = reply_.pid;
  return tell_keeper(keeper_, begun, {});
}

HostRun::Outcome HostRun::wait_for_execve(int reports, std::uint32_t index) noexcept {
  bool announced = false;
  for (;;) {
    ChildReport report;
    const ssize_t size = ::read(reports, &report, sizeof(report));
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return {errno, index};
    if (size == 0 && announced) return {tell_begun(), index};
    if (size != sizeof(report)) break;
    if (report.kind == ChildReport::Kind::failed) {
      detail_.clear();
      detail_.add({report.detail, ::strnlen(report.detail, sizeof(report.detail))});
      return {report.error, static_cast<std::uint32_t>(report.step)};
    }
    announced = true;
  }
  // It was killed on the way; the step it had come to is where a limit of its cgroup struck.
  const std::uint32_t reached = __atomic_load_n(&program_.header->progress, __ATOMIC_RELAXED);
  detail_.clear();
  detail_.add("the process was killed while it was being set up");
  return {ECHILD, std::max(reached, index)};
}

}  // namespace berth::runtime
