#include "supervisor/runtime/interpreter_devices.h"

#include <cerrno>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/device_program.h"
#include "supervisor/runtime/interpreter_files.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::Step;

int errno_of(int result) { return result < 0 ? errno : 0; }

// Looked at, never opened: opening can do something to a device.
int look_at_device(const char* path, struct stat& status) {
  const int opened = raw::openat2(AT_FDCWD, path, O_PATH, 0, raw::kResolveNoMagicLinks);
  if (opened < 0) return -opened;
  const unique_fd fd(opened);
  if (::fstat(fd.get(), &status) != 0) return errno;
  return S_ISCHR(status.st_mode) || S_ISBLK(status.st_mode) ? 0 : ENODEV;
}

// Opens the directories on the way to the last component, making them. `path` is relative.
int open_parent(int root, std::string_view path, unique_fd& parent) {
  parent.reset(::fcntl(root, F_DUPFD_CLOEXEC, 0));
  if (!parent) return errno;
  for (std::size_t end = path.find('/'); end != path.npos; end = path.find('/')) {
    const std::string name(path.substr(0, end));
    path.remove_prefix(end + 1);
    if (name.empty() || name == ".") continue;
    if (name == "..") return EINVAL;
    if (::mkdirat(parent.get(), name.c_str(), 0755) != 0 && errno != EEXIST) return errno;
    const int next = raw::openat2(parent.get(), name.c_str(), O_PATH | O_DIRECTORY, 0,
                                  raw::kResolveNoSymlinks | raw::kResolveBeneath);
    if (next < 0) return -next;
    parent.reset(next);
  }
  return 0;
}

// "c 1:3 rwm" as it is; "/dev/fuse rw" with the device's numbers.
int resolve_rule(const std::string& text, DeviceRule& rule, Detail& detail) {
  if (text[0] != '/') {
    const Result<DeviceRule> parsed = parse_device_rule(text);
    if (!parsed) return EINVAL;
    rule = *parsed;
    return 0;
  }
  const std::size_t space = text.rfind(' ');
  const std::string path = text.substr(0, space);
  struct stat status{};
  if (const int error = look_at_device(path.c_str(), status); error != 0) {
    detail.add(path + (error == ENODEV ? ": it is no device" : ": it cannot be looked at"));
    return error;
  }
  rule = {.type = S_ISBLK(status.st_mode) ? 'b' : 'c',
          .major = major(status.st_rdev),
          .minor = minor(status.st_rdev),
          .permissions = text.substr(space + 1)};
  return 0;
}

int resolve_rules(std::string_view text, std::vector<DeviceRule>& rules, Detail& detail) {
  while (!text.empty()) {
    const std::string one(text.substr(0, text.find('\0')));
    text.remove_prefix(std::min(text.size(), one.size() + 1));
    DeviceRule rule;
    if (const int error = resolve_rule(one, rule, detail); error != 0) return error;
    rules.push_back(std::move(rule));
  }
  return 0;
}

int limit_v1(int cgroup, const std::vector<DeviceRule>& rules) {
  if (const int error = write_whole(cgroup, "devices.deny", "a"); error != 0) return error;
  for (const DeviceRule& rule : rules) {
    const int error = write_whole(cgroup, "devices.allow", format_device_rule(rule));
    if (error != 0) return error;
  }
  return 0;
}

}  // namespace

int inspect(const StepContext& context, const Step& step) {
  struct stat status{};
  if (::stat(context.program.text(step.text), &status) != 0) return errno;
  const bool is_block = S_ISBLK(status.st_mode);
  switch (step.value) {
    case 0:
      if (is_block || S_ISCHR(status.st_mode)) return 0;
      context.detail->add("it is no device");
      return ENODEV;
    case 1:
      if (is_block) return 0;
      context.detail->add("it is no block device");
      return ENOTBLK;
    case 2:
      if (S_ISREG(status.st_mode) && (status.st_mode & 0111) != 0) return 0;
      context.detail->add(S_ISREG(status.st_mode) ? "it is not executable" : "it is no program");
      return EACCES;
    default: return EINVAL;
  }
}

int make_device(const StepContext& context, const Step& step) {
  struct stat status{};
  const int error = look_at_device(context.program.text(step.text), status);
  if (error == ENODEV) context.detail->add("it is no device");
  if (error != 0) return error;
  const std::string target(context.program.view(step.text2));
  unique_fd parent;
  if (const int failed = open_parent(step.fd2, target, parent); failed != 0) return failed;
  const std::string name = target.substr(target.rfind('/') + 1);
  if (::mknodat(parent.get(), name.c_str(), status.st_mode, status.st_rdev) != 0) return errno;
  if (::fchownat(parent.get(), name.c_str(), status.st_uid, status.st_gid, AT_SYMLINK_NOFOLLOW) !=
      0) {
    return errno;
  }
  // The umask took bits away; nobody else can have changed the name, which no container sees yet.
  return errno_of(::fchmodat(parent.get(), name.c_str(), status.st_mode & 07777, 0));
}

int limit_devices(const StepContext& context, const Step& step) {
  std::vector<DeviceRule> rules;
  const int error = resolve_rules(context.program.view(step.text2), rules, *context.detail);
  if (error != 0) return error;
  const unique_fd cgroup(
      ::open(context.program.text(step.text), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!cgroup) return errno;
  if (step.value == 1) return limit_v1(cgroup.get(), rules);
  const Result<void> attached = attach_device_program(cgroup.get(), compile_device_program(rules));
  if (attached) return 0;
  context.detail->add(attached.error().message());
  return attached.error().code != 0 ? attached.error().code : EINVAL;
}

// By the master, not by a path: a name in the devpts could be somebody else's by now
// (CVE-2025-52565).
int unlock_pty(const Step& step) {
  int locked = 0;
  if (::ioctl(step.fd, TIOCSPTLCK, &locked) != 0) return errno;
  const int peer = ::ioctl(step.fd, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  return place(peer < 0 ? -errno : peer, step.fd2);
}

}  // namespace berth::runtime
