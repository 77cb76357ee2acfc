// HookRunner: runs hooks, each in a process of its own that nobody waits for.
//
// No launcher is busy while one runs, so that a hook that hangs holds up its own container alone.
// It is killed with everything that it started when it takes longer than kHookDeadline; what it
// leaves behind when it ends is killed, too. What it says is told line by line.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "supervisor/base/unique_fd.h"
#include "supervisor/runtime/compile_hook.h"
#include "supervisor/runtime/launcher_pool.h"

namespace berth::runtime {

class HookRunner {
 public:
  struct Wiring {
    LauncherPool* pool = nullptr;
    std::function<void(std::uint64_t id)> drop;  // tells the keeper to forget a process
    // Calls back when the descriptor is readable, for as long as what is returned lives.
    std::function<std::shared_ptr<void>(int fd, std::function<void()>)> watch;
    std::function<void(const Hook& hook, const std::string& line)> say;
  };
  using Done = std::function<void(std::optional<Error>)>;
  static constexpr Duration kHookDeadline = std::chrono::seconds(60);
  static constexpr std::size_t kLineMost = 1000;   // bytes; the rest of a line is dropped
  static constexpr std::size_t kLinesMost = 1000;  // that one run may say; the last is kept

  HookRunner(const HostFacts& facts, Wiring wiring) : facts_(facts), wiring_(std::move(wiring)) {}

  // `id` is unused. `done` is called once: none when it ended with exit code 0. Errors name the
  // definition's file, line and key, and the last line that it said.
  void run(Hook hook, std::uint64_t id, Done done);

  // A process that a launcher spawned has ended. False when it was no hook.
  bool on_exit(std::uint64_t id, int code, int status);
  [[nodiscard]] std::optional<Instant> next_deadline() const;
  void on_time(Instant now);

 private:
  struct Run {
    Hook hook;
    Done done;
    unique_fd output;
    std::shared_ptr<void> watch;
    std::string line;  // the one that is being read
    std::string last_line;
    std::size_t lines = 0;
    std::optional<Instant> deadline;  // none: its launcher has not answered
    unique_fd pidfd;
    bool timed_out = false;
    std::optional<std::pair<int, int>> end;  // code and status
  };

  Result<void> begin(Run& run, std::uint64_t id);
  void begun(std::uint64_t id, JobResult result);
  void read_output(std::uint64_t id);
  static void take(Run& run, std::string_view text, const Wiring& wiring);
  void ended(std::uint64_t id);
  void finish(std::uint64_t id, std::optional<Error> error);

  const HostFacts& facts_;
  Wiring wiring_;
  std::map<std::uint64_t, Run> runs_;
};

}  // namespace berth::runtime
