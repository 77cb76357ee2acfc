#include "supervisor/runtime/instance_lock.h"

#include <chrono>
#include <filesystem>
#include <thread>

#include <fcntl.h>
#include <sys/file.h>

namespace berth::runtime {

namespace {

constexpr int kAttempts = 100;
constexpr std::chrono::milliseconds kBetween{20};

}  // namespace

Result<unique_fd> lock_cgroup_parent(const HostFacts& facts) {
  const std::string parent = facts.unified + "/" + facts.cgroup_parent;
  std::error_code failure;
  std::filesystem::create_directories(parent, failure);
  if (failure) return fail("cannot create " + parent + ": " + failure.message());
  unique_fd lock(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return fail_errno("cannot open " + parent);
  // The worker of a keeper that was just killed needs a moment to end.
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
    if (errno != EWOULDBLOCK) return fail_errno("cannot lock " + parent);
    std::this_thread::sleep_for(kBetween);
  }
  return fail("the cgroup \"" + facts.cgroup_parent +
              "\" belongs to another berthd (give this one its own cgroup, bridge, subnet and "
              "nft_table in berthd.toml)");
}

}  // namespace berth::runtime
