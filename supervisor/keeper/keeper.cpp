#include "supervisor/keeper/keeper.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/handoff/messages.h"
#include "supervisor/keeper/keeper_process.h"
#include "supervisor/kernel/raw.h"

namespace berth::keeper {
namespace {

using namespace std::chrono_literals;

constexpr int kMessagesPerTurn = 256;  // from one socket, before the others have their turn
constexpr Duration kRestartDelayMax = 5s;
constexpr Duration kSteady = 10s;  // who lived so long did not die quickly
constexpr Duration kOldLauncherPatience = 1s;
constexpr int kMaxFailedStops = 5;
// Heartbeats that a worker may miss; a longer time until its first one.
constexpr int kMissedMost = 4;
constexpr int kMissedMostAtStart = 24;

// The first of a message's descriptors, or -1; the others are closed.
int only_fd(const handoff::RawReceived& received) noexcept {
  for (std::size_t extra = 1; extra < received.fd_count; ++extra) ::close(received.fds[extra]);
  return received.fd_count > 0 ? received.fds[0] : -1;
}

}  // namespace

// ---- the loop

int Keeper::run() {
  if (!set_up()) return 1;
  while (!exit_code_) {
    const Instant now = BootClock::now();
    if (leaving_) leave(now);
    if (worker_.pid == 0 && !leaving_ && now >= start_worker_at_) start_worker();
    if (worker_.pid != 0 && !finished_ && !leaving_) launchers_.start_missing(starter_, now);
    if (finished_ && now >= finish_by_) {
      worker_.kill();
      finish_by_ = now + kFinishPatience;
    }
    tell_worker();
    wait_for_events();
    count_heartbeats(BootClock::now());
  }
  for (const LauncherSlot& slot : launchers_.all()) slot.process.kill();
  for (const LauncherSlot& slot : launchers_.all()) slot.process.wait(kOldLauncherPatience);
  return *exit_code_;
}

bool Keeper::set_up() {
  for (int fd = ::open("/dev/null", O_RDWR); fd >= 0 && fd <= 2;) fd = ::open("/dev/null", O_RDWR);
  sigset_t set;
  ::sigemptyset(&set);
  for (const int number : {SIGTERM, SIGINT, SIGHUP, SIGCHLD}) ::sigaddset(&set, number);
  ::sigprocmask(SIG_BLOCK, &set, nullptr);
  ::signal(SIGPIPE, SIG_IGN);
  signals_.reset(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  for (const Handover::Held& held : settings_.taken.handover.held) {
    if (Entry* const launch = table_.find_or_add(held.id)) {
      table_.hold(*launch, held.kind, held.fd);
    }
  }
  stop_requested_ = settings_.taken.handover.stop_requested;
  if (starter_.ready() && signals_ && !table_.all().empty()) {
    reap();  // what ended while the program was executed
    return true;
  }
  say("berthd: cannot begin: no /proc/self/exe, no signalfd, or no memory\n");
  return false;
}

int Keeper::timeout() const {
  std::optional<Instant> next;
  const auto consider = [&next](bool counts, Instant at) {
    if (counts && (!next || at < *next)) next = at;
  };
  const bool worker_lives = worker_.pid != 0;
  const auto launchers_due = launchers_.due();
  consider(!worker_lives && !leaving_, start_worker_at_);
  consider(worker_lives && !finished_ && !leaving_ && launchers_due,
           launchers_due.value_or(Instant()));
  consider(worker_lives && !begun_ && !worker_is_full_, begin_by_);
  consider(worker_lives, next_tick_);
  consider(finished_, finish_by_);
  consider(leaving_, leave_by_);
  if (!next) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(*next - BootClock::now());
  return static_cast<int>(std::clamp<std::int64_t>(left.count(), 1, 60'000));
}

void Keeper::wait_for_events() {
  std::array<pollfd, kLauncherSlots + 2> fds{};
  fds[0] = {signals_.get(), POLLIN, 0};
  const short room = worker_is_full_ ? POLLOUT : 0;
  fds[1] = {worker_.socket.get(), static_cast<short>(POLLIN | room), 0};
  for (std::size_t i = 0; i < kLauncherSlots; ++i) {
    fds[i + 2] = {launchers_.all()[i].process.socket.get(), POLLIN, 0};
  }
  if (::poll(fds.data(), fds.size(), timeout()) < 0) return;  // EINTR
  if (fds[1].revents != 0) {
    worker_is_full_ = false;
    read_worker();
  }
  for (std::size_t i = 0; i < kLauncherSlots; ++i) {
    if (fds[i + 2].revents != 0) read_launcher(launchers_.all()[i]);
  }
  if (fds[0].revents != 0) on_signals();
}

void Keeper::on_signals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) stop_requested_ = tell_stop_ = true;
    if (info.ssi_signo == SIGHUP) begin_to_leave();
  }
  reap();  // several ends may be one SIGCHLD
}

// ---- children

// Each end is written down before the kernel may forget it.
void Keeper::reap() {
  for (;;) {
    siginfo_t info{};
    if (::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0) return;
    const pid_t pid = info.si_pid;
    if (pid == 0) return;
    LauncherSlot* const slot = launchers_.find(pid);
    if (pid == worker_.pid) {
      on_worker_end(info.si_code, info.si_status);
    } else if (slot != nullptr) {
      read_launcher(*slot);  // it may have borne a child before it ended
      launchers_.on_end(*slot, info.si_status);
    } else {
      table_.record_exit(pid, info.si_code, info.si_status);
    }
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | __WALL);
  }
}

void Keeper::start_worker() {
  worker_ = starter_.start("worker", -1);
  const Instant now = BootClock::now();
  begun_ = worker_is_full_ = alive_ = false;
  begin_by_ = now + kOldLauncherPatience;
  start_worker_at_ = now + kRestartDelayMax;  // where the fork failed
  next_tick_ = now + handoff::kHeartbeat;
  missed_ = 0;
  launchers_.begin();
  tell_stop_ = stop_requested_;
  tell_crash_ = crash_.id != 0;
  table_.tell_everything();
}

// By our own ticks, each of which we were awake for: a machine that was suspended, or paused as a
// whole, kills nobody.
void Keeper::count_heartbeats(Instant now) {
  if (worker_.pid == 0 || now < next_tick_) return;
  next_tick_ = now + handoff::kHeartbeat;
  if (++missed_ < (alive_ ? kMissedMost : kMissedMostAtStart)) return;
  missed_ = 0;
  say("berthd: the worker hangs; it is killed\n");
  worker_.kill();
}

void Keeper::on_worker_end(int code, int status) {
  read_worker();  // its last words
  const Instant now = BootClock::now();
  const bool exited = code == CLD_EXITED;
  const bool quick = now - worker_.started < kSteady;
  const pid_t pid = worker_.pid;
  worker_ = {};
  if (leaving_) return launchers_.give_up_all();
  if (finished_ || (exited && status == 0 && (stop_requested_ || !has_spoken_))) {
    exit_code_ = 0;
    return;
  }
  if (exited && !has_spoken_ && table_.empty()) {
    exit_code_ = status;
    return;
  }
  if (stop_requested_ && ++failed_stops_ > kMaxFailedStops) {
    say("berthd: the worker cannot stop what runs; it ended unexpectedly again and again\n");
    exit_code_ = 1;
    return;
  }
  say("berthd: the worker ended unexpectedly; it is started again\n");
  crash_ = {.kind = Kind::crashed, .id = crash_.id + 1, .pid = pid, .code = code, .status = status};
  // Programs half done are the next worker's to remove.
  launchers_.give_up_all();
  restart_delay_ =
      quick ? std::clamp(restart_delay_ * 2, kRestartDelayMin, kRestartDelayMax) : kRestartDelayMin;
  start_worker_at_ = now + restart_delay_;
}

// ---- what they say

void Keeper::read_worker() {
  for (int i = 0; i < kMessagesPerTurn && worker_.socket; ++i) {
    KeeperMessage message;
    const auto received =
        handoff::receive_raw(worker_.socket.get(), std::as_writable_bytes(std::span(&message, 1)));
    if (received.error == EAGAIN) return;
    if (received.error != 0 || received.size == 0) {
      worker_.socket.reset();  // its end follows, or is helped along
      worker_.kill();
      return;
    }
    const int fd = only_fd(received);
    if (received.size == sizeof(message) && message.kind == Kind::hold && fd >= 0) {
      on_hold(message, fd);
      continue;
    }
    if (fd >= 0) ::close(fd);
    if (received.size == sizeof(message)) on_worker_message(message);
  }
}

void Keeper::on_worker_message(const KeeperMessage& message) {
  has_spoken_ = true;
  missed_ = 0;
  switch (message.kind) {
    case Kind::alive: alive_ = true; break;
    case Kind::want_launcher: launchers_.want_one_more(); break;
    case Kind::replace_launcher: launchers_.replace(message.id); break;
    case Kind::drop:
      if (Entry* const launch = table_.find(message.id)) table_.drop(*launch);
      break;
    case Kind::reexec: begin_to_leave(); break;
    case Kind::finished:
      finished_ = true;
      finish_by_ = BootClock::now() + kFinishPatience;
      break;
    default: break;
  }
}

void Keeper::read_launcher(LauncherSlot& slot) {
  for (int i = 0; i < kMessagesPerTurn && slot.process.socket; ++i) {
    KeeperMessage message;
    const auto received = handoff::receive_raw(slot.process.socket.get(),
                                               std::as_writable_bytes(std::span(&message, 1)));
    if (received.error == EAGAIN) return;
    if (received.error != 0 || received.size == 0) {
      slot.process.socket.reset();
      slot.process.kill();  // where it is not ending anyway
      return;
    }
    const int fd = only_fd(received);
    if (received.size == sizeof(message)) {
      on_launcher_message(message, fd);
    } else if (fd >= 0) {
      ::close(fd);
    }
  }
}

void Keeper::on_launcher_message(const KeeperMessage& message, int fd) {
  if (message.kind == Kind::hold && fd >= 0) return on_hold(message, fd);
  if (message.kind == Kind::born) return on_born(message, fd);
  if (message.kind == Kind::begun) table_.record_begun(message.id);
  if (fd >= 0) ::close(fd);
}

void Keeper::on_born(const KeeperMessage& message, int fd) {
  unique_fd pidfd(fd);
  Entry* const launch = table_.find_or_add(message.id);
  siginfo_t info{};
  const auto pid = static_cast<id_t>(message.pid);
  const bool reaped = ::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0;
  if (launch != nullptr) {
    if (pidfd) table_.hold(*launch, handoff::HeldKind::process, pidfd.release());
    table_.register_process(*launch, message.pid, message.start_time, reaped);
    return;
  }
  say("berthd: more launches than can be kept; the newest is killed\n");
  kernel::raw::pidfd_send_signal(pidfd.get(), SIGKILL);
}

void Keeper::on_hold(const KeeperMessage& message, int fd) {
  if (Entry* const launch = table_.find_or_add(message.id)) {
    table_.hold(*launch, message.held, fd);
    return;
  }
  say("berthd: more launches than can be kept; a descriptor is let go\n");
  ::close(fd);
}

int run_keeper(const KeeperSettings& settings) {
  const auto keeper = std::make_unique<Keeper>(settings);
  return keeper->run();
}

}  // namespace berth::keeper
