// The launcher's part of a program: its steps before child_begin, and the birth of the child.
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <string>

#include "supervisor/base/unique_fd.h"
#include "supervisor/handoff/messages.h"
#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

// Carries out one program, in a process with a single thread.
class HostRun {
 public:
  // `keeper`: where `born` and `hold` are sent; stays the caller's. kNullFd is to be open.
  HostRun(const ProgramView& program, int keeper) noexcept : program_(program), keeper_(keeper) {}

  // Runs every step (after a failure only those with kAlways), and is back in the namespaces that
  // it began in. What comes out of it is `reply` and `fds`.
  void run() noexcept;

  // program_id is the caller's to set.
  [[nodiscard]] const handoff::LauncherReply& reply() const noexcept { return reply_; }
  // The child's pidfd, then what was given; open until the run is destroyed.
  [[nodiscard]] std::span<const int> fds() const noexcept { return {fds_.data(), fd_count_}; }
  // The namespaces could not be restored: this process must not carry out another program.
  [[nodiscard]] bool is_lost() const noexcept { return lost_; }

 private:
  // Each step's outcome: 0 or the errno. A child's failure is noted here, at the child's step.
  struct Outcome {
    int error = 0;
    std::uint32_t step = 0;
  };

  Outcome run_step(std::uint32_t index) noexcept;
  int run_host_step(const StepContext& context, const handoff::Step& step) noexcept;
  int set_namespace(const handoff::Step& step) noexcept;
  int return_home() noexcept;
  int hold(const handoff::Step& step) noexcept;
  int give(const handoff::Step& step) noexcept;
  int load_filter(const handoff::Step& step);
  Outcome spawn(const handoff::Step& step, std::uint32_t index) noexcept;
  Outcome wait_for_execve(int reports, std::uint32_t index) noexcept;
  int tell_begun() noexcept;
  void note_failure(const Outcome& outcome) noexcept;
  void collect_fds() noexcept;

  ProgramView program_;
  int keeper_;
  Detail detail_;
  handoff::LauncherReply reply_;
  std::array<int, handoff::kMaxFds> fds_{};  // what the reply carries
  std::size_t fd_count_ = 0;
  std::array<unique_fd, handoff::kMaxFds> given_;  // own descriptors: a slot may be used again
  std::size_t given_count_ = 0;
  std::string filter_;  // what load_filter made, for the child
  unique_fd pidfd_;
  unique_fd home_netns_;  // where to return to, once a step has left
  unique_fd home_pidns_;
  bool lost_ = false;
};

}  // namespace berth::runtime
