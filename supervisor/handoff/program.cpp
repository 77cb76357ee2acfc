// Building, printing and serializing programs.
#include "supervisor/handoff/program.h"

#include <array>
#include <cassert>
#include <cstring>

#include <fcntl.h>
#include <sys/mman.h>

namespace berth::handoff {
namespace {

constexpr std::array<std::string_view, static_cast<std::size_t>(Op::count_)> kNames = {
    "open_path",    "close",        "make_dir",      "make_path",
    "make_target",  "write_file",   "create_file",   "make_symlink",
    "make_fifo",    "make_node",    "make_device",   "copy_tree",
    "remove_tree",  "copy_file",    "look_at_files", "remove_dir",
    "rename",       "fs_open",      "fs_config",     "fs_mount",
    "clone_tree",   "set_attr",     "attach",        "detach",
    "mask",         "read_only",    "pivot",         "enable_controllers",
    "write_any",    "write_device", "cgroup_reset",  "limit_devices",
    "unlock_pty",   "cgroup_join",  "cgroup_remove", "new_netns",
    "set_ns",       "unshare",      "netlink_open",  "netlink",
    "host_name",    "run",          "hold",          "give",
    "spawn",        "inspect",      "load_filter",   "new_session",
    "set_umask",    "work_dir",     "set_rlimit",    "score_adjust",
    "find_user",    "own",          "duplicate",     "close_from",
    "set_user",     "bound_caps",   "set_caps",      "no_new_privs",
    "not_dumpable", "filter",       "reset_signals", "execute"};
static_assert(!kNames.back().empty());

constexpr std::array<std::pair<std::uint16_t, std::string_view>, 7> kFlagNames = {
    {{kTolerateExists, "tolerate_exists"},
     {kTolerateMissing, "tolerate_missing"},
     {kTolerateAll, "tolerate_all"},
     {kRecursive, "recursive"},
     {kAlways, "always"},
     {kNoSymlinks, "no_symlinks"},
     {kReplaceSymlink, "replace_symlink"}}};

constexpr std::size_t kListedText = 400;  // longer ones are cut in a listing

// As a C string; bytes that are not text at all are only counted.
std::string quoted(std::string_view bytes) {
  const auto is_text = [](char c) {
    return c == '\0' || c == '\n' || c == '\t' || (c & 0xe0) != 0;
  };
  for (const char c : bytes) {
    if (!is_text(c)) return "<" + std::to_string(bytes.size()) + " bytes>";
  }
  std::string out = "\"";
  for (const char c : bytes.substr(0, kListedText)) {
    switch (c) {
      case '\0': out += "\\0"; break;
      case '\n': out += "\\n"; break;
      case '\t': out += "\\t"; break;
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      default: out += c;
    }
  }
  return out + (bytes.size() > kListedText ? "…\"" : "\"");
}

std::string hexadecimal(std::uint64_t value) {
  if (value < 10) return std::to_string(value);
  std::string digits;
  for (; value != 0; value >>= 4) digits.insert(digits.begin(), "0123456789abcdef"[value & 15]);
  return "0x" + digits;
}

}  // namespace

std::string_view name_of(Op op) {
  const auto index = static_cast<std::size_t>(op);
  return index < kNames.size() ? kNames[index] : "unknown";
}

void Program::from(Origin origin) { origins_.push_back(std::move(origin)); }

void Program::add(Op op, const Operands& operands) {
  if (origins_.empty()) origins_.emplace_back();
  Step step;
  step.op = op;
  step.flags = operands.flags;
  step.fd = operands.fd;
  step.fd2 = operands.fd2;
  step.text = put(operands.text);
  step.text2 = put(operands.text2);
  step.value = operands.value;
  step.value2 = operands.value2;
  steps_.push_back(step);
  step_origins_.push_back(static_cast<std::uint32_t>(origins_.size() - 1));
}

void Program::begin_child() {
  assert(!has_child_);
  has_child_ = true;
  child_begin_ = static_cast<std::uint32_t>(steps_.size());
}

void Program::set_environment(std::string_view block) { environment_ = put(block); }

void Program::append(const Program& other) {
  assert(!has_child_);
  const Origin current = origins_.empty() ? Origin{} : origins_.back();
  for (std::uint32_t i = 0; i < other.child_begin(); ++i) {
    const Step& step = other.steps_[i];
    if (i == 0 || other.step_origins_[i] != other.step_origins_[i - 1]) from(other.origin(i));
    add(step.op, {.fd = step.fd,
                  .fd2 = step.fd2,
                  .text = other.text(step.text),
                  .text2 = other.text(step.text2),
                  .value = step.value,
                  .value2 = step.value2,
                  .flags = step.flags});
  }
  from(current);
}

std::string_view Program::text(Text text) const {
  return std::string_view(arena_).substr(text.offset, text.size);
}

const Origin& Program::origin(std::size_t step) const { return origins_[step_origins_[step]]; }

std::string Program::listing() const {
  std::string out;
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Step& step = steps_[i];
    if (has_child_ && i == child_begin_) out += "child:\n";
    out += std::to_string(i) + " " + std::string(name_of(step.op));
    if (step.fd != -1) out += " fd=" + std::to_string(step.fd);
    if (step.fd2 != -1) out += " fd2=" + std::to_string(step.fd2);
    if (step.text.size != 0) out += " text=" + quoted(text(step.text));
    if (step.text2.size != 0) out += " text2=" + quoted(text(step.text2));
    if (step.value != 0) out += " value=" + hexadecimal(step.value);
    if (step.value2 != 0) out += " value2=" + hexadecimal(step.value2);
    for (const auto& [flag, name] : kFlagNames) {
      if ((step.flags & flag) != 0) out += " " + std::string(name);
    }
    if (!origin(i).what.empty()) out += "  # " + origin(i).what;
    out += "\n";
  }
  return out;
}

std::string Program::serialize() const {
  ProgramHeader header;
  header.launch_id = launch_id_;
  header.step_count = static_cast<std::uint32_t>(steps_.size());
  header.child_begin = child_begin();
  header.arena_size = static_cast<std::uint32_t>(arena_.size());
  header.fd_count = static_cast<std::uint32_t>(fd_count_);
  header.environment = environment_;
  std::string out;
  out.reserve(sizeof(header) + steps_.size() * sizeof(Step) + arena_.size());
  out.append(reinterpret_cast<const char*>(&header), sizeof(header));
  out.append(reinterpret_cast<const char*>(steps_.data()), steps_.size() * sizeof(Step));
  out.append(arena_);
  return out;
}

Result<unique_fd> Program::to_memfd() const {
  if (steps_.size() > kMaxSteps || arena_.size() > kMaxArena) {
    return fail("cannot send a program of " + std::to_string(steps_.size()) + " steps and " +
                std::to_string(arena_.size()) + " bytes: it is too large");
  }
  unique_fd memfd(::memfd_create("berth-program", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!memfd) return fail_errno("cannot create a program's memfd");
  const std::string bytes = serialize();
  for (std::size_t done = 0; done < bytes.size();) {
    const ssize_t count = ::write(memfd.get(), bytes.data() + done, bytes.size() - done);
    if (count < 0) return fail_errno("cannot write a program");
    done += static_cast<std::size_t>(count);
  }
  if (::fcntl(memfd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) != 0) {
    return fail_errno("cannot seal a program");
  }
  return memfd;
}

Text Program::put(std::string_view bytes) {
  if (bytes.empty()) return {};
  const Text text{static_cast<std::uint32_t>(arena_.size()),
                  static_cast<std::uint32_t>(bytes.size())};
  arena_.append(bytes);
  arena_.push_back('\0');
  return text;
}

Result<std::uint32_t> progress_of(int memfd) {
  std::uint32_t progress = 0;
  const ssize_t count =
      ::pread(memfd, &progress, sizeof(progress), offsetof(ProgramHeader, progress));
  if (count < 0) return fail_errno("cannot read a program's progress");
  if (count != sizeof(progress)) return fail("cannot read a program's progress: too short");
  return progress;
}

}  // namespace berth::handoff
