#include "supervisor/runtime/instance_lock.h"

#include <filesystem>

#include <fcntl.h>
#include <sys/file.h>

namespace berth::runtime {

Result<unique_fd> lock_cgroup_parent(const HostFacts& facts) {
  const std::string parent = facts.unified + "/" + facts.cgroup_parent;
  std::error_code failure;
  std::filesystem::create_directories(parent, failure);
  if (failure) return fail("cannot create " + parent + ": " + failure.message());
  unique_fd lock(::open(parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!lock) return fail_errno("cannot open " + parent);
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno != EWOULDBLOCK) return fail_errno("cannot lock " + parent);
  return fail("the cgroup \"" + facts.cgroup_parent +
              "\" belongs to another berthd (give this one its own cgroup, bridge, subnet and "
              "nft_table in berthd.toml)");
}

}  // namespace berth::runtime
