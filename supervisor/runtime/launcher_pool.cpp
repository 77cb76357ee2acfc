#include "supervisor/runtime/launcher_pool.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <span>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>

#include "supervisor/base/units.h"
#include "supervisor/handoff/messages.h"

namespace berth::runtime {

namespace {

using namespace std::chrono_literals;

// How long programs may wait for a busy pool before it grows.
constexpr Duration kPatience = 250ms;

// What sendmsg says when the other end is gone; all else is about the message.
bool is_broken(int error) { return error == EPIPE || error == ECONNRESET || error == ENOTCONN; }

// What a bare errno would not tell an operator; empty: it says enough.
std::string_view words_for(handoff::Op op, int error) {
  if (op == handoff::Op::find_user && error == ENOENT) {
    return "no such user or group in the container's /etc/passwd or /etc/group";
  }
  if (op == handoff::Op::find_user && error == ERANGE) return "an id is out of range";
  // Only a limit on memory is refused so: the kernel could not reclaim what is over it.
  if (op == handoff::Op::write_file && error == EBUSY) return "the container uses more than that";
  return {};
}

std::uint32_t size_of(int memfd) {
  struct stat status{};
  return ::fstat(memfd, &status) == 0 ? static_cast<std::uint32_t>(status.st_size) : 0;
}

}  // namespace

struct LauncherPool::Running {
  std::uint64_t program_id = 0;
  Job job;
  unique_fd memfd;
  Instant deadline;
};

struct LauncherPool::Launcher {
  std::uint64_t number = 0;
  unique_fd socket;
  std::optional<Running> running;
  bool given_up = false;  // it hangs; the keeper is replacing it
};

Error explain_failure(const handoff::Program& program, std::size_t step, int error,
                      std::string_view detail) {
  if (step >= program.steps().size()) return Error{"launch: an answer that makes no sense", error};
  const handoff::Origin& origin = program.origin(step);
  std::string what;
  if (!origin.file.empty()) {
    what = origin.file + ":";
    if (origin.line != 0) what += std::to_string(origin.line) + ":";
    if (origin.line != 0 && origin.column != 0) what += std::to_string(origin.column) + ":";
    what += " ";
  }
  const handoff::Op op = program.steps()[step].op;
  what += origin.what.empty() ? std::string(name_of(op)) : origin.what;
  if (detail.empty()) detail = words_for(op, error);
  if (!detail.empty()) {
    while (!detail.empty() && (detail.back() == '\n' || detail.back() == ' ')) {
      detail.remove_suffix(1);
    }
    return Error{what + ": " + std::string(detail), 0};
  }
  return Error{std::move(what), error};
}

LauncherPool::LauncherPool(Keeper keeper) : keeper_(std::move(keeper)) {}
LauncherPool::~LauncherPool() = default;

void LauncherPool::submit(Job job, Instant now) {
  queue_.push_back(std::move(job));
  dispatch(now);
}

void LauncherPool::add_launcher(std::uint64_t number, unique_fd socket, Instant now) {
  Launcher launcher;
  launcher.number = number;
  launcher.socket = std::move(socket);
  // A launcher that has stopped reading must not stop the worker, too.
  ::fcntl(launcher.socket.get(), F_SETFL, O_NONBLOCK);
  launchers_[number] = std::move(launcher);
  if (launchers_expected_ > 0) --launchers_expected_;
  dispatch(now);
}

void LauncherPool::launcher_gone(std::uint64_t number, Instant now) {
  const auto found = launchers_.find(number);
  if (found == launchers_.end()) return;
  Launcher launcher = std::move(found->second);
  launchers_.erase(found);
  if (launcher.running) {
    const Running& running = *launcher.running;
    JobResult result;
    result.error =
        explain_failure(running.job.program, handoff::progress_of(running.memfd.get()).value_or(0),
                        0, "the launcher ended before it had answered");
    finish(launcher, std::move(result));
  }
  dispatch(now);
}

void LauncherPool::on_readable(std::uint64_t number, Instant now) {
  const auto found = launchers_.find(number);
  if (found == launchers_.end()) return;
  Launcher& launcher = found->second;
  handoff::LauncherReply reply;
  auto received = handoff::receive_message(
      launcher.socket.get(), std::as_writable_bytes(std::span(&reply, std::size_t{1})));
  if (received && received->would_block) return;
  if (!received && received.error().code == EMSGSIZE && launcher.running) {
    // It could not be taken whole, perhaps because no descriptors were left; the launcher is well.
    JobResult result;
    result.error = received.error();
    finish(launcher, std::move(result));
    return dispatch(now);
  }
  if (!received || received->size != sizeof reply) {
    // End of file, or an answer of the wrong size: it is of no use any more.
    if (!launcher.given_up) give_up(launcher);
    launcher_gone(number, now);
    return;
  }
  if (!launcher.running || launcher.running->program_id != reply.program_id) return;
  JobResult result;
  result.fds = std::move(received->fds);
  if (reply.pid != 0 && !result.fds.empty()) {
    result.pid = reply.pid;
    result.pidfd = std::move(result.fds.front());
    result.fds.erase(result.fds.begin());
  }
  if (reply.failed_step >= 0) {
    reply.detail[sizeof reply.detail - 1] = '\0';
    result.error =
        explain_failure(launcher.running->job.program, static_cast<std::size_t>(reply.failed_step),
                        reply.error, reply.detail);
  }
  finish(launcher, std::move(result));
  dispatch(now);
}

std::optional<Instant> LauncherPool::next_deadline() const {
  std::optional<Instant> next;
  const auto consider = [&next](Instant at) { next = next ? std::min(*next, at) : at; };
  for (const auto& [number, launcher] : launchers_) {
    if (launcher.running) consider(launcher.running->deadline);
  }
  if (waiting_since_ && launchers_expected_ == 0 && launchers_.size() < kMaxLaunchers) {
    consider(*waiting_since_ + kPatience);
  }
  return next;
}

void LauncherPool::on_time(Instant now) {
  std::vector<std::uint64_t> late;
  for (const auto& [number, launcher] : launchers_) {
    if (launcher.running && launcher.running->deadline <= now) late.push_back(number);
  }
  for (const std::uint64_t number : late) {
    Launcher launcher = std::move(launchers_.at(number));
    launchers_.erase(number);
    give_up(launcher);
    JobResult result;
    result.error =
        explain_failure(launcher.running->job.program,
                        handoff::progress_of(launcher.running->memfd.get()).value_or(0), 0,
                        "it does not answer (given up after " +
                            format_duration(launcher.running->job.deadline) + ")");
    finish(launcher, std::move(result));
  }
  if (waiting_since_ && now - *waiting_since_ >= kPatience && launchers_expected_ == 0 &&
      launchers_.size() < kMaxLaunchers) {
    ++launchers_expected_;
    keeper_.want_launcher();
  }
  dispatch(now);
}

int LauncherPool::fd(std::uint64_t number) const {
  const auto found = launchers_.find(number);
  return found == launchers_.end() ? -1 : found->second.socket.get();
}

std::size_t LauncherPool::unfinished() const {
  return queue_.size() + std::count_if(launchers_.begin(), launchers_.end(), [](const auto& entry) {
           return entry.second.running.has_value();
         });
}

void LauncherPool::dispatch(Instant now) {
  for (auto& [number, launcher] : launchers_) {
    while (!queue_.empty() && !launcher.running && !launcher.given_up) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      if (!start(launcher, std::move(job), now)) break;
    }
  }
  if (queue_.empty()) {
    waiting_since_.reset();
  } else if (!waiting_since_) {
    waiting_since_ = now;
  }
}

bool LauncherPool::start(Launcher& launcher, Job job, Instant now) {
  const auto refuse = [&job](const Error& error) {
    JobResult result;
    result.error = error;
    job.done(std::move(result));
    return true;
  };
  auto memfd = job.program.to_memfd();
  if (!memfd) return refuse(memfd.error());
  handoff::LauncherRequest request;
  request.program_id = next_program_id_++;
  request.size = size_of(memfd->get());
  request.fd_count = static_cast<std::uint32_t>(job.fds.size());
  std::vector<int> fds{memfd->get()};
  for (const unique_fd& fd : job.fds) fds.push_back(fd.get());
  const auto sent = handoff::send(launcher.socket.get(), request, fds);
  if (sent) {
    job.fds.clear();
    const Instant deadline = now + job.deadline;
    launcher.running = Running{request.program_id, std::move(job), *std::move(memfd), deadline};
    return true;
  }
  const int error = sent.error().code;
  if (error != EAGAIN && !is_broken(error)) return refuse(sent.error());
  // It may be another launcher's, or this one's later.
  queue_.push_front(std::move(job));
  if (is_broken(error)) give_up(launcher);
  return false;
}

void LauncherPool::finish(Launcher& launcher, JobResult result) {
  Running running = std::move(*launcher.running);
  launcher.running.reset();
  running.job.done(std::move(result));
}

void LauncherPool::give_up(Launcher& launcher) {
  if (std::exchange(launcher.given_up, true)) return;
  ++launchers_expected_;
  keeper_.replace_launcher(launcher.number);
}

}  // namespace berth::runtime
