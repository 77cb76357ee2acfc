// Ending a control group: what is in it is killed, it is waited for, and removed. Launcher only.
#pragma once

#include <cstdint>

namespace berth::runtime {

// 0 or the errno. A v2 cgroup is killed (cgroup.kill, or process by process on kernels without it);
// a v1 one has to be emptied by what tracks its processes on v2. ETIMEDOUT: something in it lives
// on after `milliseconds`. A missing cgroup is success.
int remove_cgroup(const char* path, std::uint64_t milliseconds) noexcept;

}  // namespace berth::runtime
