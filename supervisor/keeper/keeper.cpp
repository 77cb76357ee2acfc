#include "supervisor/keeper/keeper.h"

#include <algorithm>
#include <array>
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
#include "supervisor/keeper/launch_table.h"
#include "supervisor/kernel/raw.h"

namespace berth::keeper {
namespace {

using handoff::KeeperMessage;
using Kind = KeeperMessage::Kind;
using namespace std::chrono_literals;

constexpr std::size_t kMaxLaunchers = 8;    // that work
constexpr std::size_t kLauncherSlots = 16;  // and those that were given up, and are not gone yet
constexpr int kMessagesPerTurn = 256;       // from one socket, before the others have their turn
constexpr Duration kRestartDelayMin = 100ms;
constexpr Duration kRestartDelayMax = 5s;
constexpr Duration kSteady = 10s;  // who lived so long did not die quickly
constexpr Duration kOldLauncherPatience = 1s;
constexpr Duration kFinishPatience = 5s;
constexpr int kMaxFailedStops = 5;

void say(std::string_view words) noexcept { std::ignore = ::write(2, words.data(), words.size()); }

struct LauncherSlot {
  ChildProcess process;
  unique_fd worker_end;  // until the worker has been told
  std::uint64_t number = 0;
  bool given_up = false;  // killed; counts no more
  bool of_earlier_worker = false;
  bool tell_gone = false;
  int status = 0;

  [[nodiscard]] bool free() const { return process.pid == 0 && !tell_gone; }
  [[nodiscard]] bool works() const { return process.pid != 0 && !given_up; }
};

class Keeper {
 public:
  Keeper(const std::vector<std::string>& arguments, Become become) : starter_(arguments, become) {}
  int run();

 private:
  bool set_up();
  void start_worker();
  void start_launchers(Instant now);
  void give_up(LauncherSlot& slot);
  void wait_for_events();
  [[nodiscard]] int timeout() const;
  void on_signals();
  void reap();
  void on_worker_end(int code, int status);
  void on_launcher_end(LauncherSlot& slot, int status);
  void read_worker();
  void read_launcher(LauncherSlot& slot);
  void on_worker_message(const KeeperMessage& message);
  void on_born(const KeeperMessage& message);
  void on_hold(const KeeperMessage& message, int fd);
  void tell_worker();
  bool tell_launches();
  bool tell_launchers();
  bool tell(const KeeperMessage& message, int fd = -1);
  [[nodiscard]] bool may_begin() const;

  Starter starter_;
  unique_fd signals_;
  LaunchTable table_;
  ChildProcess worker_;
  std::array<LauncherSlot, kLauncherSlots> launchers_;
  std::size_t wanted_ = 1;
  std::uint64_t next_number_ = 1;
  Instant start_worker_at_;
  Instant start_launchers_at_;
  Instant begin_by_;
  Instant finish_by_;
  Duration restart_delay_ = Duration(0);
  bool worker_is_full_ = false;  // its socket takes no more at the moment
  bool has_spoken_ = false;      // a worker, ever
  bool begun_ = false;
  bool stop_requested_ = false;
  bool tell_stop_ = false;
  bool tell_reload_ = false;
  bool finished_ = false;
  int failed_stops_ = 0;
  std::optional<int> exit_code_;
};

// ---- the loop

int Keeper::run() {
  if (!set_up()) return 1;
  while (!exit_code_) {
    const Instant now = BootClock::now();
    if (worker_.pid == 0 && now >= start_worker_at_) start_worker();
    if (worker_.pid != 0 && !finished_) start_launchers(now);
    if (finished_ && now >= finish_by_) {
      worker_.kill();
      finish_by_ = now + kFinishPatience;
    }
    tell_worker();
    wait_for_events();
  }
  for (const LauncherSlot& slot : launchers_) slot.process.kill();
  for (const LauncherSlot& slot : launchers_) slot.process.wait(kOldLauncherPatience);
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
  if (starter_.ready() && signals_) return true;
  say("berthd: cannot begin: no /proc/self/exe, or no signalfd\n");
  return false;
}

int Keeper::timeout() const {
  std::optional<Instant> next;
  const auto consider = [&next](bool counts, Instant at) {
    if (counts && (!next || at < *next)) next = at;
  };
  const auto working = std::count_if(launchers_.begin(), launchers_.end(),
                                     [](const LauncherSlot& slot) { return slot.works(); });
  const bool worker_lives = worker_.pid != 0;
  consider(!worker_lives, start_worker_at_);
  consider(worker_lives && !finished_ && static_cast<std::size_t>(working) < wanted_,
           start_launchers_at_);
  consider(worker_lives && !begun_ && !worker_is_full_, begin_by_);
  consider(finished_, finish_by_);
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
    fds[i + 2] = {launchers_[i].process.socket.get(), POLLIN, 0};
  }
  if (::poll(fds.data(), fds.size(), timeout()) < 0) return;  // EINTR
  if (fds[1].revents != 0) {
    worker_is_full_ = false;
    read_worker();
  }
  for (std::size_t i = 0; i < kLauncherSlots; ++i) {
    if (fds[i + 2].revents != 0) read_launcher(launchers_[i]);
  }
  if (fds[0].revents != 0) on_signals();
}

void Keeper::on_signals() {
  signalfd_siginfo info;
  while (::read(signals_.get(), &info, sizeof(info)) == sizeof(info)) {
    if (info.ssi_signo == SIGTERM || info.ssi_signo == SIGINT) stop_requested_ = tell_stop_ = true;
    if (info.ssi_signo == SIGHUP) tell_reload_ = true;
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
    const auto slot = std::find_if(launchers_.begin(), launchers_.end(),
                                   [pid](const auto& s) { return s.process.pid == pid; });
    if (pid == worker_.pid) {
      on_worker_end(info.si_code, info.si_status);
    } else if (slot != launchers_.end()) {
      on_launcher_end(*slot, info.si_status);
    } else {
      table_.record_exit(pid, info.si_code, info.si_status);
    }
    ::waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOHANG | __WALL);
  }
}

void Keeper::start_worker() {
  worker_ = starter_.start("worker", -1);
  begun_ = worker_is_full_ = false;
  begin_by_ = BootClock::now() + kOldLauncherPatience;
  start_worker_at_ = BootClock::now() + kRestartDelayMax;  // where the fork failed
  start_launchers_at_ = {};
  wanted_ = 1;
  tell_stop_ = stop_requested_;
  table_.tell_everything();
}

void Keeper::start_launchers(Instant now) {
  if (now < start_launchers_at_) return;
  const auto working = [](const LauncherSlot& slot) { return slot.works(); };
  auto count =
      static_cast<std::size_t>(std::count_if(launchers_.begin(), launchers_.end(), working));
  for (LauncherSlot& slot : launchers_) {
    if (count >= wanted_) return;
    if (!slot.free()) continue;
    int ends[2];
    slot = {};
    if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0) {
      slot.worker_end.reset(ends[0]);
      const unique_fd launcher_end(ends[1]);
      slot.process = starter_.start("launcher", launcher_end.get());
    }
    slot.number = next_number_++;
    if (slot.process.pid != 0) ++count;
  }
  if (count < wanted_) start_launchers_at_ = now + kRestartDelayMin;
}

void Keeper::give_up(LauncherSlot& slot) {
  slot.given_up = true;
  slot.worker_end.reset();
  slot.process.kill();
}

void Keeper::on_launcher_end(LauncherSlot& slot, int status) {
  read_launcher(slot);  // it may have borne a child before it ended
  const Instant now = BootClock::now();
  const bool quick = now - slot.process.started < kRestartDelayMin;
  if (quick && !slot.given_up) start_launchers_at_ = now + kRestartDelayMin;
  slot.process = {};
  slot.worker_end.reset();
  slot.tell_gone = !slot.of_earlier_worker;
  slot.status = status;
}

void Keeper::on_worker_end(int code, int status) {
  read_worker();  // its last words
  const Instant now = BootClock::now();
  const bool exited = code == CLD_EXITED;
  const bool quick = now - worker_.started < kSteady;
  worker_ = {};
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
  // Programs half done are the next worker's to remove; none may go on behind its back.
  for (LauncherSlot& slot : launchers_) {
    slot.of_earlier_worker = true;
    slot.tell_gone = false;
    if (slot.process.pid != 0) give_up(slot);
  }
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
    for (std::size_t fd = 0; fd < received.fd_count; ++fd) ::close(received.fds[fd]);
    if (received.error == EAGAIN) return;
    if (received.error != 0 || received.size == 0) {
      worker_.socket.reset();  // its end follows, or is helped along
      worker_.kill();
      return;
    }
    if (received.size == sizeof(message)) on_worker_message(message);
  }
}

void Keeper::on_worker_message(const KeeperMessage& message) {
  has_spoken_ = true;
  switch (message.kind) {
    case Kind::want_launcher: wanted_ = std::min(wanted_ + 1, kMaxLaunchers); break;
    case Kind::replace_launcher:
      for (LauncherSlot& slot : launchers_) {
        if (slot.works() && slot.number == message.id) give_up(slot);
      }
      break;
    case Kind::drop:
      if (Launch* launch = table_.find(message.id)) table_.drop(*launch);
      break;
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
    const int fd = received.fd_count > 0 ? received.fds[0] : -1;
    for (std::size_t extra = 1; extra < received.fd_count; ++extra) ::close(received.fds[extra]);
    if (message.kind == Kind::hold && fd >= 0) {
      on_hold(message, fd);
      continue;
    }
    if (fd >= 0) ::close(fd);
    if (message.kind == Kind::born && received.size == sizeof(message)) on_born(message);
  }
}

void Keeper::on_born(const KeeperMessage& message) {
  Launch* const launch = table_.find_or_add(message.id);
  siginfo_t info{};
  const auto pid = static_cast<id_t>(message.pid);
  const bool reaped = ::waitid(P_PID, pid, &info, WEXITED | WNOHANG | WNOWAIT | __WALL) != 0;
  if (launch != nullptr) {
    table_.register_process(*launch, message.pid, reaped);
    return;
  }
  say("berthd: more launches than can be kept; the newest is killed\n");
  if (reaped) return;
  const unique_fd pidfd(kernel::raw::pidfd_open(message.pid));
  kernel::raw::pidfd_send_signal(pidfd.get(), SIGKILL);
}

void Keeper::on_hold(const KeeperMessage& message, int fd) {
  if (Launch* const launch = table_.find_or_add(message.id)) {
    table_.hold(*launch, message.held, fd);
    return;
  }
  say("berthd: more launches than can be kept; a descriptor is let go\n");
  ::close(fd);
}

// ---- what the worker is told: all that it has not heard yet, in this order

void Keeper::tell_worker() {
  if (!worker_.socket || worker_is_full_) return;
  if (table_.untold && !tell_launches()) return;
  table_.untold = false;
  if (!tell_launchers()) return;
  if (!begun_) {
    if (!may_begin() || !tell({.kind = Kind::begin})) return;
    begun_ = true;
  }
  if (tell_stop_ && tell({.kind = Kind::stop})) tell_stop_ = false;
  if (tell_reload_ && tell({.kind = Kind::reload})) tell_reload_ = false;
}

bool Keeper::tell_launches() {
  for (Launch& launch : table_.all()) {
    KeeperMessage message{.kind = Kind::held, .id = launch.id};
    for (std::size_t i = 0; i < kHeldKinds; ++i) {
      if (!launch.tell_held[i]) continue;
      message.held = static_cast<handoff::HeldKind>(i + 1);
      if (!tell(message, launch.held[i])) return false;
      launch.tell_held[i] = false;
    }
    if (!launch.tell_process) continue;
    const bool lives = launch.state == Launch::State::lives;
    if (!tell({.kind = lives ? Kind::running : Kind::exited,
               .id = launch.id,
               .pid = launch.pid,
               .code = launch.code,
               .status = launch.status})) {
      return false;
    }
    launch.tell_process = false;
  }
  return true;
}

bool Keeper::tell_launchers() {
  for (LauncherSlot& slot : launchers_) {
    if (slot.tell_gone) {
      if (!tell({.kind = Kind::launcher_gone, .id = slot.number, .status = slot.status})) {
        return false;
      }
      slot.tell_gone = false;
    }
    if (!slot.works() || !slot.worker_end) continue;
    if (!tell({.kind = Kind::launcher_ready, .id = slot.number}, slot.worker_end.get())) {
      return false;
    }
    slot.worker_end.reset();
  }
  return true;
}

bool Keeper::tell(const KeeperMessage& message, int fd) {
  const std::span<const int> fds(&fd, fd >= 0 ? 1 : 0);
  const int error =
      handoff::send_raw(worker_.socket.get(), std::as_bytes(std::span(&message, 1)), fds);
  // Any other error is the worker's end, which is heard of soon.
  worker_is_full_ = error == EAGAIN;
  return error == 0;
}

// A new worker waits for the launchers of the one before it; one that hangs in the kernel is not
// waited for.
bool Keeper::may_begin() const {
  return BootClock::now() >= begin_by_ ||
         std::none_of(launchers_.begin(), launchers_.end(), [](const LauncherSlot& slot) {
           return slot.of_earlier_worker && slot.process.pid != 0;
         });
}

}  // namespace

int run_keeper(const std::vector<std::string>& arguments, Become become) {
  const auto keeper = std::make_unique<Keeper>(arguments, become);
  return keeper->run();
}

}  // namespace berth::keeper
