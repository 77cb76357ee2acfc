#include "supervisor/runtime/interpreter.h"

#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <unistd.h>

#include "supervisor/runtime/interpreter_files.h"
#include "supervisor/runtime/interpreter_mounts.h"
#include "supervisor/runtime/interpreter_network.h"

namespace berth::runtime {

using handoff::Op;
using handoff::Step;

void Detail::add(std::string_view words) noexcept {
  for (const char c : words) {
    if (size + 1 >= sizeof(text)) break;
    text[size++] = c == '\n' ? ' ' : c;
  }
  text[size] = '\0';
}

void Detail::add_number(std::int64_t number) noexcept {
  char digits[24];
  std::size_t at = sizeof(digits);
  const bool negative = number < 0;
  std::uint64_t rest =
      negative ? 0 - static_cast<std::uint64_t>(number) : static_cast<std::uint64_t>(number);
  do {
    digits[--at] = static_cast<char>('0' + rest % 10);
    rest /= 10;
  } while (rest != 0);
  if (negative) digits[--at] = '-';
  add({digits + at, sizeof(digits) - at});
}

void ProgramView::set_progress(std::uint32_t step) const noexcept {
  __atomic_store_n(&header->progress, step, __ATOMIC_RELAXED);
}

int run_shared_step(const StepContext& context, const Step& step) noexcept {
  switch (step.op) {
    case Op::open_path: return open_path(context, step);
    case Op::close: return ::close(step.fd) == 0 ? 0 : errno;
    case Op::make_dir: return make_dir(context, step);
    case Op::make_path: return make_path(context, step);
    case Op::make_target: return make_target(context, step);
    case Op::write_file: return write_file(context, step);
    case Op::create_file: return create_file(context, step);
    case Op::make_symlink: return make_symlink(context, step);
    case Op::make_fifo: return make_fifo(context, step);
    case Op::make_node: return make_node(context, step);
    case Op::remove_dir: return remove_dir(context, step);
    case Op::cgroup_join: return cgroup_join(context, step);
    case Op::duplicate: return duplicate(step);
    case Op::fs_open: return fs_open(context, step);
    case Op::fs_config: return fs_config(context, step);
    case Op::fs_mount: return fs_mount(context, step);
    case Op::clone_tree: return clone_tree(context, step);
    case Op::set_attr: return set_attr(step);
    case Op::attach: return attach(context, step);
    case Op::detach: return detach(context, step);
    case Op::netlink_open: return netlink_open(step);
    case Op::netlink: return netlink(context, step);
    default: return ENOSYS;
  }
}

int tolerated(int error, std::uint16_t flags) noexcept {
  if ((flags & handoff::kTolerateAll) != 0) return 0;
  if (error == EEXIST && (flags & handoff::kTolerateExists) != 0) return 0;
  const bool missing =
      error == ENOENT || error == ENODEV || error == ESRCH || error == EADDRNOTAVAIL;
  if (missing && (flags & handoff::kTolerateMissing) != 0) return 0;
  return error;
}

int place(int fd_or_error, int slot) noexcept {
  if (fd_or_error < 0) return -fd_or_error;
  if (fd_or_error == slot) return 0;
  const int error = ::dup3(fd_or_error, slot, O_CLOEXEC) < 0 ? errno : 0;
  ::close(fd_or_error);
  return error;
}

int directory_of(int fd2) noexcept { return fd2 < 0 ? AT_FDCWD : fd2; }

}  // namespace berth::runtime
