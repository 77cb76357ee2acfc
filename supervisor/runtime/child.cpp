#include "supervisor/runtime/child.h"

#include <algorithm>
#include <cerrno>
#include <cstring>

#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/child_user.h"
#include "supervisor/runtime/interpreter_files.h"
#include "supervisor/runtime/interpreter_mounts.h"

namespace berth::runtime {
namespace {

namespace raw = kernel::raw;
using handoff::Op;
using handoff::Step;

constexpr int kExitFailed = 127;
constexpr int kHighestCapability = 63;

// In the launcher's memory, copied with it: not touched, so not resident, until a child uses it.
FoundUser found_user;
char home_variable[PATH_MAX + 8];
std::string_view loaded_filter;

int errno_of(int result) noexcept { return result < 0 ? errno : 0; }
int raw_errno_of(int result) noexcept { return result < 0 ? -result : 0; }

int new_session() noexcept {
  if (::setsid() < 0) return errno;
  const int error = raw_errno_of(raw::join_new_session_keyring());
  return error == ENOSYS ? 0 : error;  // a kernel without keyrings has none to share
}

// Inside the root, and reached without a magic link: else "/proc/self/fd/N" leads out of it
// (CVE-2024-21626), and the kernel then calls the directory "(unreachable)".
int work_dir(const char* path) noexcept {
  const int fd = raw::openat2(AT_FDCWD, path, O_PATH | O_DIRECTORY, 0, raw::kResolveNoMagicLinks);
  if (fd < 0) return -fd;
  const unique_fd directory(fd);
  if (::fchdir(fd) != 0) return errno;
  char name[PATH_MAX];
  const int size = raw::getcwd(name, sizeof(name));
  if (size < 0) return -size;
  return name[0] == '/' ? 0 : EPERM;
}

// Slots lie above what a small limit on descriptors allows. Such a limit is set as far as set-up
// can live with (that asks for the privilege, where it takes one), and the rest, which is only
// lowering, just before execve.
constexpr rlim_t kSetUpFiles = handoff::kFirstSlot + handoff::kSlotCount + 64;
rlimit pending_files;
bool has_pending_files = false;

int set_rlimit(const Step& step) noexcept {
  rlimit limit{step.value, step.value2};
  if (step.fd == RLIMIT_NOFILE && limit.rlim_cur < kSetUpFiles) {
    if (limit.rlim_cur > limit.rlim_max) return EINVAL;
    pending_files = limit;
    has_pending_files = true;
    limit = {kSetUpFiles, std::max(limit.rlim_max, kSetUpFiles)};
  }
  return errno_of(::setrlimit(static_cast<__rlimit_resource>(step.fd), &limit));
}

int set_pending_rlimit() noexcept {
  return has_pending_files ? errno_of(::setrlimit(RLIMIT_NOFILE, &pending_files)) : 0;
}

int score_adjust(std::int64_t score) noexcept {
  Detail text;
  text.add_number(score);
  return write_whole(AT_FDCWD, "/proc/self/oom_score_adj", {text.text, text.size});
}

// Everything from `first` on, but for what the child itself needs until execve.
int close_from(std::uint64_t first) noexcept {
  const auto from = static_cast<unsigned>(std::min<std::uint64_t>(first, ~0u));
  int error = 0;
  if (from < kReportFd) error = raw_errno_of(raw::close_range(from, kReportFd - 1, 0));
  if (error == 0) {
    error = raw_errno_of(raw::close_range(std::max<unsigned>(from, kReportFd + 1), ~0u, 0));
  }
  return error;
}

// The capabilities stay: they are taken away by set_caps, after what still needs them.
int set_user() noexcept {
  if (::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return errno;
  int error = raw_errno_of(raw::setgroups(found_user.group_count, found_user.groups.data()));
  if (error == 0) error = raw_errno_of(raw::setresgid(found_user.gid));
  if (error == 0) error = raw_errno_of(raw::setresuid(found_user.uid));
  if (error != 0 || ::prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) != 0) return error != 0 ? error : errno;
  // Leaving uid 0 empties the effective set; the permitted one is what it was.
  return raw_errno_of(raw::raise_permitted());
}

int bound_caps(std::uint64_t mask) noexcept {
  for (int number = 0; number <= kHighestCapability; ++number) {
    if ((mask >> number & 1) != 0) continue;
    const int held = ::prctl(PR_CAPBSET_READ, number, 0, 0, 0);
    if (held < 0) return 0;  // EINVAL: this kernel knows no capability from here on
    if (held == 1 && ::prctl(PR_CAPBSET_DROP, number, 0, 0, 0) != 0) return errno;
  }
  return 0;
}

int set_caps(std::uint64_t mask, std::uint64_t ambient) noexcept {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return errno;
  if (const int error = raw_errno_of(raw::capset(mask, mask, ambient)); error != 0) return error;
  for (int number = 0; number <= kHighestCapability; ++number) {
    if ((ambient >> number & 1) == 0) continue;
    if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) != 0) return errno;
  }
  return 0;
}

int install_filter(std::string_view program) noexcept {
  const std::size_t count = program.size() / sizeof(sock_filter);
  if (count == 0 || program.size() % sizeof(sock_filter) != 0 || count > BPF_MAXINSNS)
    return EINVAL;
  return raw_errno_of(raw::seccomp_filter(program.data(), static_cast<std::uint16_t>(count)));
}

// SIGPIPE stays ignored until execve, so that a launcher that is gone is an EPIPE.
int reset_signals() noexcept {
  raw::reset_signal_dispositions(SIGPIPE);
  raw::clear_signal_mask();
  return 0;
}

void add_home(ExecutePlan& plan) noexcept {
  if (plan.has_home) return;
  const char* home = found_user.home[0] != '\0' ? found_user.home
                     : found_user.uid == 0      ? "/root"
                                                : "/";
  const std::size_t size = ::strnlen(home, PATH_MAX - 1);
  std::memcpy(home_variable, "HOME=", 5);
  std::memcpy(home_variable + 5, home, size);
  home_variable[5 + size] = '\0';
  plan.environment[plan.environment.size() - 2] = home_variable;
}

// Tells the launcher, for the last time: EPIPE means that it is gone, and nobody would know of
// the payload.
int announce(std::uint32_t step) noexcept {
  ChildReport report;
  report.kind = ChildReport::Kind::about_to_execute;
  report.step = static_cast<std::int32_t>(step);
  return ::write(kReportFd, &report, sizeof(report)) == sizeof(report) ? 0 : errno;
}

int execute(std::uint32_t index, ExecutePlan& plan) noexcept {
  add_home(plan);
  // Also what the program forgot: nothing but 0, 1 and 2 is ever handed to a payload.
  if (const int error = raw_errno_of(raw::close_range(3, ~0u, 1u << 2 /* CLOEXEC */)); error != 0) {
    return error;
  }
  if (const int error = set_pending_rlimit(); error != 0) return error;
  if (const int error = announce(index); error != 0) return error;
  raw::reset_signal_dispositions(0);
  raw::clear_signal_mask();
  int outcome = ENOENT;
  for (const char* path : plan.candidates) {
    ::execve(path, plan.arguments.data(), plan.environment.data());
    if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return errno;
    if (errno == EACCES) outcome = EACCES;
  }
  return outcome;
}

int run_child_step(const StepContext& context, const Step& step) noexcept {
  const ProgramView& program = context.program;
  switch (step.op) {
    case Op::mask: return mask(context, step);
    case Op::read_only: return read_only(context, step);
    case Op::pivot: return pivot(context, step);
    case Op::set_ns: return errno_of(::setns(step.fd, static_cast<int>(step.value)));
    case Op::unshare: return errno_of(::unshare(static_cast<int>(step.value)));
    case Op::host_name: return errno_of(::sethostname(program.text(step.text), step.text.size));
    case Op::new_session: return new_session();
    case Op::set_umask: ::umask(static_cast<mode_t>(step.value)); return 0;
    case Op::work_dir: return work_dir(program.text(step.text));
    case Op::set_rlimit: return set_rlimit(step);
    case Op::score_adjust: return score_adjust(static_cast<std::int64_t>(step.value));
    case Op::find_user:
      return find_user(program.view(step.text), AT_FDCWD, "/etc/passwd", "/etc/group", found_user);
    case Op::own:
      if (step.text.size == 0) return errno_of(::fchown(step.fd, found_user.uid, found_user.gid));
      return errno_of(::fchownat(step.fd, program.text(step.text), found_user.uid, found_user.gid,
                                 AT_SYMLINK_NOFOLLOW));
    case Op::close_from: return close_from(step.value);
    case Op::set_user: return set_user();
    case Op::bound_caps: return bound_caps(step.value);
    case Op::set_caps: return set_caps(step.value, step.value2);
    case Op::no_new_privs: return errno_of(::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    case Op::not_dumpable: return errno_of(::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0));
    case Op::filter:
      return install_filter(step.text.size != 0 ? program.view(step.text) : loaded_filter);
    case Op::reset_signals: return reset_signals();
    default: return run_shared_step(context, step);
  }
}

[[noreturn]] void fail_at(std::uint32_t step, int error, const Detail& detail) noexcept {
  ChildReport report;
  report.kind = ChildReport::Kind::failed;
  report.step = static_cast<std::int32_t>(step);
  report.error = error;
  std::memcpy(report.detail, detail.text, std::min(detail.size, sizeof(report.detail) - 1));
  // Nobody else is to be told when the launcher is gone.
  [[maybe_unused]] const ssize_t told = ::write(kReportFd, &report, sizeof(report));
  ::_exit(kExitFailed);
}

// The launcher's own descriptors: sockets, the mapping's memfd, its ends of the pipes.
void close_the_launchers() noexcept {
  for (int fd = 0; fd <= 2; ++fd) ::dup2(kNullFd, fd);
  raw::close_range(3, kGoFd - 1, 0);
  raw::close_range(kReportFd + 1, handoff::kFirstSlot - 1, 0);
  raw::close_range(handoff::kFirstSlot + handoff::kSlotCount, ~0u, 0);
}

// False: the launcher is gone, before the keeper was told of us.
bool wait_for_go() noexcept {
  char byte = 0;
  ssize_t count = 0;
  do {
    count = ::read(kGoFd, &byte, 1);
  } while (count < 0 && errno == EINTR);
  ::close(kGoFd);
  return count == 1;
}

}  // namespace

ExecutePlan plan_execute(const ProgramView& program) {
  const auto split = [](std::string_view text, auto add) {
    for (const char* at = text.data(); at < text.data() + text.size(); at += std::strlen(at) + 1) {
      add(at);
    }
  };
  ExecutePlan plan;
  const Step& step = program.steps.back();
  split(program.view(step.text), [&](const char* word) { plan.candidates.push_back(word); });
  // An argument may be empty, also the last: "a\0" is two.
  const std::string_view arguments = program.view(step.text2);
  for (std::size_t at = 0; at <= arguments.size();) {
    plan.arguments.push_back(const_cast<char*>(arguments.data() + at));
    at += std::strlen(arguments.data() + at) + 1;
  }
  plan.arguments.push_back(nullptr);
  split(program.view(program.header->environment), [&](const char* word) {
    if (*word == '\0') return;
    if (std::strncmp(word, "HOME=", 5) == 0) plan.has_home = true;
    plan.environment.push_back(const_cast<char*>(word));
  });
  plan.environment.push_back(nullptr);
  plan.environment.push_back(nullptr);
  return plan;
}

void run_child(const ProgramView& program, ExecutePlan& plan) noexcept {
  close_the_launchers();
  if (!wait_for_go()) ::_exit(kExitFailed);
  loaded_filter = plan.filter;
  Detail detail;
  const StepContext context{program, &detail};
  const auto count = static_cast<std::uint32_t>(program.steps.size());
  for (std::uint32_t i = program.header->child_begin; i < count; ++i) {
    const Step& step = program.steps[i];
    program.set_progress(i);
    detail.clear();
    const int error = step.op == Op::execute ? execute(i, plan)
                                             : tolerated(run_child_step(context, step), step.flags);
    if (error != 0) fail_at(i, error, detail);
  }
  ::_exit(kExitFailed);  // not reached: check_program wants `execute` last
}

}  // namespace berth::runtime
