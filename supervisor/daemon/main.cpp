// berthd: one program, three kinds of process. Without a role it is the keeper, which starts the
// others by executing itself: "berthd worker" decides, "berthd launcher" carries programs out.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "supervisor/daemon/arguments.h"
#include "supervisor/daemon/worker.h"
#include "supervisor/handoff/messages.h"
#include "supervisor/keeper/keeper.h"
#include "supervisor/runtime/launcher.h"

namespace {

using namespace berth;

// One berthd a root: the lock is held as long as the keeper lives.
Result<unique_fd> take_lock(const Paths& paths) {
  std::error_code failure;
  std::filesystem::create_directories(paths.run(), failure);
  if (failure) return fail("cannot create " + paths.run() + ": " + failure.message());
  ::chmod(paths.run().c_str(), 0700);
  unique_fd lock(::open(paths.lock().c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock) return fail_errno("cannot open " + paths.lock());
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return fail("another berthd runs with this root (" + paths.lock() + " is locked)");
  }
  return lock;
}

// Where this program was executed from, and a newer one is after an upgrade.
std::string own_path() {
  std::error_code ignored;
  return std::filesystem::read_symlink("/proc/self/exe", ignored).string();
}

int run_keeper(const Paths& paths, const std::vector<std::string>& words) {
  if (::geteuid() != 0) {
    std::fprintf(stderr, "berthd: it must run as root\n");
    return 1;
  }
  keeper::KeeperSettings settings{.arguments = words,
                                  .table = paths.launch_table(),
                                  .executable = own_path(),
                                  .taken = keeper::take_handover()};
  // Executed anew by itself, it holds the lock already.
  const int held = settings.taken.present ? settings.taken.handover.lock : -1;
  auto lock = held >= 0 ? Result<unique_fd>(unique_fd(held)) : take_lock(paths);
  if (!lock) {
    std::fprintf(stderr, "berthd: %s\n", lock.error().message().c_str());
    return 1;
  }
  settings.lock = lock->get();
  return keeper::run_keeper(settings);
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  const char* root = std::getenv("BERTH_ROOT");
  const auto arguments = daemon::parse_arguments(words, root == nullptr ? "" : root);
  if (!arguments) {
    std::fprintf(stderr, "berthd: %s\n", arguments.error().message().c_str());
    return 2;
  }
  using Role = daemon::Arguments::Role;
  switch (arguments->role) {
    case Role::help: std::fputs(std::string(daemon::usage()).c_str(), stdout); return 0;
    case Role::version: std::puts("berthd " BERTH_VERSION); return 0;
    case Role::keeper: return run_keeper(arguments->paths, words);
    case Role::worker: return daemon::run_worker(arguments->paths);
    case Role::launcher:
      return runtime::run_launcher(handoff::kKeeperFd, handoff::kLauncherWorkerFd);
  }
  return 2;
}
