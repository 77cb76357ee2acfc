// The child: what runs between clone3 and execve, on the program's second part.
//
// It shares no memory with anyone but the program's mapping, and calls nothing that allocates,
// locks or asks the C library's state: its parent may have been cloned at any moment, and its
// cgroup's memory limit may be small. All that needs memory is made by the launcher beforehand.
#pragma once

#include <string_view>
#include <vector>

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {

// Descriptors that the child finds at fixed numbers, below the slots. All are close-on-exec.
inline constexpr int kGoFd = handoff::kFirstSlot - 10;     // reads the launcher's "go on"
inline constexpr int kReportFd = handoff::kFirstSlot - 9;  // writes ChildReports
inline constexpr int kNullFd = handoff::kFirstSlot - 8;    // the launcher's own /dev/null

// What the child tells the launcher. The pipe's end without `about_to_execute` means that the
// child died on the way; with it, and without a failure after it, that execve was done.
struct ChildReport {
  enum class Kind : std::int32_t { failed, about_to_execute };
  Kind kind{};
  std::int32_t step = 0;
  std::int32_t error = 0;
  char detail[244] = {};
};
static_assert(sizeof(ChildReport) == 256);  // below PIPE_BUF: written and read as a whole

// The pointers that execve wants, into the program's arena.
struct ExecutePlan {
  std::vector<const char*> candidates;
  std::vector<char*> arguments;    // ends with nullptr
  std::vector<char*> environment;  // has room for HOME before its final nullptr
  bool has_home = false;
  std::string_view filter;  // what load_filter made
};
ExecutePlan plan_execute(const ProgramView& program);

// Never returns: execve or _exit.
[[noreturn]] void run_child(const ProgramView& program, ExecutePlan& plan) noexcept;

}  // namespace berth::runtime
