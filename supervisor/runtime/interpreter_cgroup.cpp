#include "supervisor/runtime/interpreter_cgroup.h"

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "supervisor/base/clock.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/raw.h"
#include "supervisor/runtime/interpreter_files.h"

namespace berth::runtime {
namespace {

constexpr int kMaxDepth = 64;  // of a walk that kills one by one
// How long to wait before looking again where no file tells of a change (v1, and the moment
// between a cgroup's last exit and the kernel letting go of it).
constexpr int kLookAgainMilliseconds = 2;

struct CloseDir {
  void operator()(DIR* directory) const noexcept { ::closedir(directory); }
};

struct Deadline {
  Instant at;
  [[nodiscard]] int milliseconds_left() const noexcept {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - BootClock::now()).count();
    return static_cast<int>(std::clamp<std::int64_t>(left, 0, 3'600'000));
  }
};

unique_fd open_directory(int parent, const char* name) noexcept {
  return unique_fd(::openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

// Calls `visit(name)` for each child cgroup until one answers an errno.
template <class Visit>
int for_each_child(int cgroup, Visit visit) noexcept {
  unique_fd own = open_directory(cgroup, ".");
  if (!own) return errno;
  const std::unique_ptr<DIR, CloseDir> entries(::fdopendir(own.get()));
  if (!entries) return errno;
  (void)own.release();
  while (const dirent* entry = ::readdir(entries.get())) {
    if (entry->d_type != DT_DIR || entry->d_name[0] == '.') continue;
    if (const int error = visit(entry->d_name); error != 0) return error;
  }
  return 0;
}

// Calls `visit(pid)` for each process of the cgroup itself; one that takes no processes
// (EOPNOTSUPP: threaded) has none.
template <class Visit>
int for_each_process(int cgroup, Visit visit) noexcept {
  const int fd = ::openat(cgroup, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno == ENOENT || errno == ENODEV || errno == EOPNOTSUPP ? 0 : errno;
  std::FILE* const file = ::fdopen(fd, "r");
  if (file == nullptr) {
    ::close(fd);
    return ENOMEM;
  }
  int pid = 0;
  while (std::fscanf(file, "%d", &pid) == 1) {
    if (pid > 0 && !visit(pid)) break;
  }
  std::fclose(file);
  return 0;
}

bool holds(int cgroup, pid_t pid) noexcept {
  bool found = false;
  for_each_process(cgroup, [&](pid_t other) {
    found = other == pid;
    return !found;
  });
  return found;
}

// Without cgroup.kill (Linux before 5.14). The pidfd is opened first and the list read again, so
// that a number that was given away meanwhile is nobody's death.
void kill_each(int cgroup, int depth) noexcept {
  for_each_process(cgroup, [&](pid_t pid) {
    const unique_fd pidfd(kernel::raw::pidfd_open(pid));
    if (pidfd.get() >= 0 && holds(cgroup, pid)) {
      kernel::raw::pidfd_send_signal(pidfd.get(), SIGKILL);
    }
    return true;
  });
  if (depth == 0) return;
  for_each_child(cgroup, [&](const char* name) {
    const unique_fd child = open_directory(cgroup, name);
    if (child) kill_each(child.get(), depth - 1);
    return 0;
  });
}

// "populated 1" in cgroup.events: a process is in it or below it.
bool is_populated(int events) noexcept {
  char text[256];
  const ssize_t size = ::pread(events, text, sizeof(text) - 1, 0);
  if (size <= 0) return false;
  text[size] = '\0';
  return std::strstr(text, "populated 1") != nullptr;
}

// Kills until nothing lives: a fork may slip by one round where there is no cgroup.kill.
int end_processes(int cgroup, const Deadline& deadline) noexcept {
  const unique_fd events(::openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC));
  if (!events) return errno;
  while (is_populated(events.get())) {
    const bool killed = write_whole(cgroup, "cgroup.kill", "1") == 0;
    if (!killed) kill_each(cgroup, kMaxDepth);
    if (!is_populated(events.get())) break;
    const int left = deadline.milliseconds_left();
    if (left == 0) return ETIMEDOUT;
    pollfd waiting{events.get(), POLLPRI, 0};
    ::poll(&waiting, 1, killed ? left : std::min(left, 20));
  }
  return 0;
}

int remove_directory(int parent, const char* name) noexcept {
  return ::unlinkat(parent, name, AT_REMOVEDIR) == 0 || errno == ENOENT ? 0 : errno;
}

// Children first. EBUSY: something is still in it. A v1 hierarchy has no bound on its depth, and an
// init may have used that: so the way back is kept as names, and one descriptor is enough.
int remove_directories(const char* path) noexcept {
  unique_fd current = open_directory(AT_FDCWD, path);
  if (!current) return errno == ENOENT ? 0 : errno;
  std::vector<std::string> below;  // the names from `path` to `current`
  for (;;) {
    std::string child;
    constexpr int kFound = -1;
    const int error = for_each_child(current.get(), [&child](const char* name) {
      child = name;
      return kFound;
    });
    if (error != 0 && error != kFound) return error;
    if (error == 0 && below.empty()) return remove_directory(AT_FDCWD, path);
    unique_fd next = open_directory(current.get(), error == kFound ? child.c_str() : "..");
    if (!next) return errno;
    current = std::move(next);
    if (error == kFound) {
      below.push_back(std::move(child));
      continue;
    }
    if (const int failure = remove_directory(current.get(), below.back().c_str()); failure != 0) {
      return failure;
    }
    below.pop_back();
  }
}

}  // namespace

int remove_cgroup(const char* path, std::uint64_t milliseconds) noexcept {
  const Deadline deadline{BootClock::now() + std::chrono::milliseconds(
                                                 std::min<std::uint64_t>(milliseconds, 3'600'000))};
  const unique_fd cgroup = open_directory(AT_FDCWD, path);
  if (!cgroup) return errno == ENOENT ? 0 : errno;
  struct statfs file_system{};
  if (::fstatfs(cgroup.get(), &file_system) != 0) return errno;
  // Nothing else is ever removed in this way, whatever the program says.
  if (file_system.f_type != CGROUP2_SUPER_MAGIC && file_system.f_type != CGROUP_SUPER_MAGIC) {
    return EINVAL;
  }
  const bool is_v2 = file_system.f_type == CGROUP2_SUPER_MAGIC;
  for (;;) {
    if (is_v2) {
      const int error = end_processes(cgroup.get(), deadline);
      if (error != 0) return error == ENOENT || error == ENODEV ? 0 : error;
    }
    const int error = remove_directories(path);
    if (error != EBUSY) return error;
    const int left = deadline.milliseconds_left();
    if (left == 0) return ETIMEDOUT;
    ::poll(nullptr, 0, std::min(left, kLookAgainMilliseconds));
  }
}

}  // namespace berth::runtime
