// Looks at every number and offset of a program before anything of it is run.
#include <cerrno>
#include <climits>

#include "supervisor/runtime/interpreter.h"

namespace berth::runtime {
namespace {

using handoff::Op;
using handoff::Step;

// What a step needs of its operands.
enum Need : std::uint16_t {
  kHost = 1,           // may stand in the host's part
  kChild = 2,          // may stand in the child's part
  kFd = 4,             // fd is a slot
  kFd2 = 8,            // fd2 is a slot
  kText = 16,          // text is not empty
  kText2 = 32,         // text2 is not empty
  kAbsolute = 64,      // text is an absolute path
  kAbsolute2 = 128,    // text2 is an absolute path
  kAtFd2 = 256,        // text is absolute, or fd2 is a slot
  kStdio = 512,        // fd2 may be 0, 1 or 2 in the child
  kFdIsNumber = 1024,  // fd is no descriptor
};
constexpr std::uint16_t kBoth = kHost | kChild;

constexpr std::uint16_t needs_of(Op op) {
  switch (op) {
    case Op::open_path: return kBoth | kFd | kText | kAtFd2;
    case Op::close: return kBoth | kFd;
    case Op::make_dir: return kBoth | kText | kAtFd2;
    case Op::make_path: return kBoth | kAbsolute;
    case Op::make_target: return kBoth | kFd | kFd2 | kText;
    case Op::write_file: return kBoth | kText | kAtFd2;
    case Op::create_file: return kBoth | kText | kAtFd2;
    case Op::make_symlink: return kBoth | kText | kText2;
    case Op::make_fifo: return kBoth | kText | kAtFd2;
    case Op::make_node: return kBoth | kText | kAtFd2;
    case Op::make_device: return kHost | kFd2 | kAbsolute | kText2;
    case Op::copy_tree: return kHost | kAbsolute | kAbsolute2;
    case Op::remove_tree: return kHost | kAbsolute;
    case Op::copy_file: return kHost | kFd2 | kAbsolute | kText2;
    case Op::look_at_files: return kHost | kFd;
    case Op::remove_dir: return kBoth | kText | kAtFd2;
    case Op::rename: return kHost | kAbsolute | kAbsolute2;
    case Op::fs_open: return kBoth | kFd | kText;
    case Op::fs_config: return kBoth | kFd | kText;
    case Op::fs_mount: return kBoth | kFd | kFd2;
    case Op::clone_tree: return kBoth | kFd | kAtFd2;
    case Op::set_attr: return kBoth | kFd;
    case Op::attach: return kBoth | kFd | kAtFd2;
    case Op::detach: return kBoth | kAbsolute;
    case Op::mask: return kChild | kText;
    case Op::read_only: return kChild | kText;
    case Op::pivot: return kChild;
    case Op::enable_controllers: return kHost | kAbsolute | kText2;
    case Op::write_any: return kHost | kAbsolute | kText2;
    case Op::write_device: return kHost | kAbsolute | kAbsolute2;
    case Op::cgroup_reset: return kHost | kAbsolute | kText2;
    case Op::limit_devices: return kHost | kAbsolute | kText2;
    case Op::unlock_pty: return kHost | kFd | kFd2;
    case Op::cgroup_join: return kBoth | kText | kAtFd2;
    case Op::cgroup_remove: return kHost | kAbsolute;
    case Op::new_netns: return kHost | kFd;
    case Op::set_ns: return kBoth;
    case Op::unshare: return kChild;
    case Op::netlink_open: return kBoth | kFd;
    case Op::netlink: return kBoth | kFd | kText;
    case Op::host_name: return kChild | kText;
    case Op::run: return kHost | kText;
    case Op::hold: return kHost | kFd;
    case Op::give: return kHost | kFd;
    case Op::spawn: return kHost;
    case Op::inspect: return kHost | kAbsolute;
    case Op::load_filter: return kHost | kAbsolute;
    case Op::new_session: return kChild;
    case Op::set_umask: return kChild;
    case Op::work_dir: return kChild | kText;
    case Op::set_rlimit: return kChild | kFdIsNumber;
    case Op::score_adjust: return kChild;
    case Op::find_user: return kChild;
    case Op::own: return kChild | kFd;
    case Op::duplicate: return kBoth | kFd | kFd2 | kStdio;
    case Op::close_from: return kChild;
    case Op::set_user: return kChild;
    case Op::bound_caps: return kChild;
    case Op::set_caps: return kChild;
    case Op::no_new_privs: return kChild;
    case Op::not_dumpable: return kChild;
    case Op::filter: return kChild;
    case Op::reset_signals: return kChild;
    case Op::execute: return kChild | kText | kText2;
    case Op::count_: break;
  }
  return 0;
}

constexpr bool is_slot(int fd) {
  return fd >= handoff::kFirstSlot && fd < handoff::kFirstSlot + handoff::kSlotCount;
}

// Within the arena, and ended by a NUL there.
bool is_sound(handoff::Text text, const char* arena, std::uint32_t arena_size) {
  const std::uint64_t end = std::uint64_t{text.offset} + text.size;
  return end < arena_size && arena[end] == '\0';
}

// Empty when the step's numbers are sound, else what is wrong.
const char* fault_of_descriptors(const Step& step, std::uint16_t needs, bool in_child) {
  const bool stdio = (needs & kStdio) != 0 && in_child && step.fd2 >= 0 && step.fd2 <= 2;
  const bool fd_sound =
      is_slot(step.fd) || (needs & kFdIsNumber) != 0 || (step.fd == -1 && (needs & kFd) == 0);
  const bool is_slot2 = step.value2 <= INT_MAX && is_slot(static_cast<int>(step.value2));
  const bool fd2_sound = is_slot(step.fd2) || stdio || (step.fd2 == -1 && (needs & kFd2) == 0);
  if (!fd_sound) return "fd is not a slot";
  if (step.op == Op::make_target && (step.value > 2 || (step.value == 2 && !is_slot2))) {
    return "value2 is not a slot";
  }
  if (!fd2_sound) return "fd2 is not a slot";
  return "";
}

const char* fault_of_texts(const Step& step, std::uint16_t needs, const char* arena) {
  const bool absolute = step.text.size != 0 && arena[step.text.offset] == '/';
  const bool absolute2 = step.text2.size != 0 && arena[step.text2.offset] == '/';
  if ((needs & kText) != 0 && step.text.size == 0) return "text is empty";
  if ((needs & kText2) != 0 && step.text2.size == 0) return "text2 is empty";
  if ((needs & kAbsolute) != 0 && !absolute) return "text is not an absolute path";
  if ((needs & kAbsolute2) != 0 && !absolute2) return "text2 is not an absolute path";
  if ((needs & kAtFd2) != 0 && step.fd2 == -1 && !absolute) {
    return "text is not an absolute path, and fd2 is not a slot";
  }
  return "";
}

// What each step may be by itself.
const char* fault_of_step(const Step& step, const ProgramView& view, bool in_child) {
  if (step.op >= Op::count_) return "unknown operation";
  const std::uint32_t arena_size = view.header->arena_size;
  if (!is_sound(step.text, view.arena, arena_size)) return "text is outside of the arena";
  if (!is_sound(step.text2, view.arena, arena_size)) return "text2 is outside of the arena";
  const std::uint16_t needs = needs_of(step.op);
  if ((needs & (in_child ? kChild : kHost)) == 0) return "the operation is not for this part";
  if (const char* fault = fault_of_descriptors(step, needs, in_child); *fault != '\0') return fault;
  if (const char* fault = fault_of_texts(step, needs, view.arena); *fault != '\0') return fault;
  if ((step.flags & handoff::kAlways) != 0 && (in_child || step.op == Op::spawn)) {
    return "the operation cannot be run always";
  }
  return "";
}

// What the steps have to be together: one spawn if there is a child, which ends with execute.
const char* fault_of_whole(const ProgramView& view) {
  const std::uint32_t child_begin = view.header->child_begin;
  const bool has_child = child_begin < view.steps.size();
  std::size_t spawns = 0;
  std::size_t executes = 0;
  for (const Step& step : view.steps) {
    if (step.op == Op::spawn) ++spawns;
    if (step.op == Op::execute) ++executes;
  }
  if (spawns != (has_child ? 1 : 0)) return "a child's steps and one spawn belong together";
  if (has_child && (executes != 1 || view.steps.back().op != Op::execute)) {
    return "a child's last step, and only that, is execute";
  }
  return "";
}

const char* fault_of_header(const handoff::ProgramHeader& header, std::size_t size,
                            std::size_t fd_count) {
  if (header.magic != handoff::kProgramMagic) return "not a program";
  if (header.version != handoff::kProgramVersion) return "another version's program";
  if (header.step_count > handoff::kMaxSteps || header.arena_size > handoff::kMaxArena) {
    return "too large";
  }
  const std::size_t expected = sizeof(handoff::ProgramHeader) +
                               std::size_t{header.step_count} * sizeof(Step) + header.arena_size;
  if (expected != size || header.arena_size == 0) return "its size is not what its header says";
  if (header.child_begin > header.step_count) return "the child begins after the end";
  if (header.fd_count != fd_count) return "another number of descriptors than it says";
  return "";
}

CheckedProgram malformed(CheckedProgram program, std::size_t step, const char* reason) {
  program.error = EBADMSG;
  program.step = static_cast<std::uint32_t>(step);
  program.reason = reason;
  return program;
}

}  // namespace

CheckedProgram check_program(std::span<std::byte> mapping, std::size_t fd_count) noexcept {
  CheckedProgram program;
  if (mapping.size() < sizeof(handoff::ProgramHeader)) return malformed(program, 0, "too short");
  ProgramView& view = program.view;
  view.header = reinterpret_cast<handoff::ProgramHeader*>(mapping.data());
  if (const char* fault = fault_of_header(*view.header, mapping.size(), fd_count); *fault != '\0') {
    return malformed(program, 0, fault);
  }
  const std::byte* steps = mapping.data() + sizeof(handoff::ProgramHeader);
  view.steps = {reinterpret_cast<const Step*>(steps), view.header->step_count};
  view.arena = reinterpret_cast<const char*>(steps + view.steps.size_bytes());
  if (!is_sound(view.header->environment, view.arena, view.header->arena_size)) {
    return malformed(program, 0, "the environment is outside of the arena");
  }
  for (std::size_t i = 0; i < view.steps.size(); ++i) {
    const char* fault = fault_of_step(view.steps[i], view, i >= view.header->child_begin);
    if (*fault != '\0') return malformed(program, i, fault);
  }
  if (const char* fault = fault_of_whole(view); *fault != '\0') return malformed(program, 0, fault);
  return program;
}

}  // namespace berth::runtime
