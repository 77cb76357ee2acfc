// The interpreter of programs (handoff/program.h): what launcher and child have in common.
//
// Everything here may be called between clone3 and execve: no allocation, no lock, no stdio. A
// step's outcome is 0 or an errno; what the kernel says in words goes to a Detail.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "supervisor/handoff/program.h"

namespace berth::runtime {

// A bounded text that is cut, never grown.
struct Detail {
  char text[480] = {};
  std::size_t size = 0;

  void add(std::string_view words) noexcept;
  void add_number(std::int64_t number) noexcept;
  void clear() noexcept { text[size = 0] = '\0'; }
};

// A program in its shared mapping, after check_program found it sound. Refers to the mapping.
struct ProgramView {
  handoff::ProgramHeader* header = nullptr;
  std::span<const handoff::Step> steps;
  const char* arena = nullptr;

  // Ends with a NUL.
  [[nodiscard]] const char* text(handoff::Text at) const noexcept { return arena + at.offset; }
  [[nodiscard]] std::string_view view(handoff::Text at) const noexcept {
    return {arena + at.offset, at.size};
  }
  // Says which step is under way to whoever looks at the memfd.
  void set_progress(std::uint32_t step) const noexcept;
};

struct CheckedProgram {
  ProgramView view;
  int error = 0;           // EBADMSG: malformed; EINVAL: a step that cannot be
  std::uint32_t step = 0;  // at which; 0 for the header
  const char* reason = "";
};
// Looks at every number and offset before anything is run. `mapping` must stay for as long as the
// view is used, and be writable; `fd_count` is how many descriptors came along.
CheckedProgram check_program(std::span<std::byte> mapping, std::size_t fd_count) noexcept;

// Where steps that both sides have are carried out.
struct StepContext {
  ProgramView program;
  Detail* detail = nullptr;
};
// Carries out a step that launcher and child have in common; ENOSYS when it is not one of them.
int run_shared_step(const StepContext& context, const handoff::Step& step) noexcept;

// 0 when the step's flags forgive the error, else the error.
int tolerated(int error, std::uint16_t flags) noexcept;

// Moves a descriptor into a slot. Takes what the raw calls answer: a negated errno is handed on
// as errno.
int place(int fd_or_error, int slot) noexcept;

// The first directory of a relative path's resolution: AT_FDCWD for -1.
int directory_of(int fd2) noexcept;

}  // namespace berth::runtime
