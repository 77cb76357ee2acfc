// LauncherPool: the worker's side of the launchers. It queues programs, gives each free launcher
// one, and turns replies into results that name the definition's file, line and key.
//
// A launcher that does not answer within its program's deadline is given up: the keeper is asked
// to replace it, and the program fails naming the step it hangs at. When every launcher has been
// busy for a while and programs wait, one more is asked for, so that a dead path holds up nobody
// but its own container. No threads, no loop of its own: the owner watches `fd`s and the time.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/base/clock.h"
#include "supervisor/base/result.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/program.h"

namespace berth::runtime {

struct JobResult {
  std::optional<Error> error;  // none: every step was carried out
  int pid = 0;                 // of the program's child, if it spawned one
  unique_fd pidfd;
  std::vector<unique_fd> fds;  // what the program gave
};

struct Job {
  handoff::Program program;
  std::vector<unique_fd> fds;  // become the program's slots 0, 1, ...
  Duration deadline = std::chrono::seconds(10);
  std::function<void(JobResult)> done;  // called once, possibly from within submit: it only notes
};

class LauncherPool {
 public:
  // What the pool asks of the keeper.
  struct Keeper {
    std::function<void()> want_launcher;
    std::function<void(std::uint64_t number)> replace_launcher;
  };
  static constexpr std::size_t kMaxLaunchers = 8;

  explicit LauncherPool(Keeper keeper);
  ~LauncherPool();

  void submit(Job job, Instant now);

  void add_launcher(std::uint64_t number, unique_fd socket, Instant now);
  // It ended by itself; its program, if it had one, fails.
  void launcher_gone(std::uint64_t number, Instant now);
  // Its socket is readable.
  void on_readable(std::uint64_t number, Instant now);

  // When on_time wants to be called; none while nothing is under way.
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  void on_time(Instant now);

  // The socket of a launcher, for the loop to watch; -1 when there is no such launcher.
  [[nodiscard]] int fd(std::uint64_t number) const;
  // Programs waiting or under way.
  [[nodiscard]] std::size_t unfinished() const;

 private:
  struct Running;
  struct Launcher;

  void dispatch(Instant now);
  // False when this launcher cannot take it now: it is the first in the queue again.
  bool start(Launcher& launcher, Job job, Instant now);
  void finish(Launcher& launcher, JobResult result);
  void give_up(Launcher& launcher);

  Keeper keeper_;
  std::map<std::uint64_t, Launcher> launchers_;
  std::deque<Job> queue_;
  std::uint64_t next_program_id_ = 1;
  std::optional<Instant> waiting_since_;  // programs wait and no launcher is free
  unsigned launchers_expected_ = 0;       // asked for, not there yet
};

// "web.toml:14: mounts[0].source: /srv/shop: No such file or directory"
Error explain_failure(const handoff::Program& program, std::size_t step, int error,
                      std::string_view detail);

}  // namespace berth::runtime
