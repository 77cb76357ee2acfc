// sysctls: kernel settings of the container's own namespaces, written before its program starts.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/handoff/program.h"
#include "supervisor/model/spec.h"

namespace berth::runtime {

// The file of a setting. As sysctl(8) has it, a "/" in a name stands for a dot that does not part:
// "net.ipv4.conf.eth0/5.rp_filter" is net/ipv4/conf/eth0.5/rp_filter.
std::string sysctl_path(std::string_view name);

// Child steps; in its network namespace, and while the host's /proc, which no container can have
// changed, is still there: the files show whoever looks at them its own namespaces.
void add_sysctls(handoff::Program& program, const ContainerSpec& spec);

}  // namespace berth::runtime
