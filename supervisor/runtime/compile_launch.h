// compile_launch: from a container's definition to the program that starts it. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "supervisor/base/result.h"
#include "supervisor/handoff/program.h"
#include "supervisor/model/paths.h"
#include "supervisor/model/spec.h"
#include "supervisor/runtime/host_facts.h"
#include "supervisor/runtime/seccomp.h"

namespace berth::runtime {

// The sandbox that a container is started in.
struct Sandbox {
  bool has_netns =
      true;  // its network namespace is sent along as slot 0; false: the host's network
};

// The names of a container's output FIFOs below Paths::run_of.
inline constexpr std::string_view kStdoutFifo = "stdout";
inline constexpr std::string_view kStderrFifo = "stderr";

// The program. Before it runs, `hosts`, `hostname` and `resolv.conf` must be in
// Paths::run_of(name): they are bound, read-only, onto those names in the container's /etc. (So a
// later change has to be written into the same file; a renamed one would not be seen inside.)
//
// It makes the cgroups with their limits, the writable layer, and new output FIFOs, whose
// read-write ends go to the keeper (log_stdout, log_stderr). The FIFOs are there whatever
// logging.driver says, because it can change while the container runs: they must be drained.
// A system container has a console in their place, whose master the program gives, and the keeper
// holds (console, console_peer).
//
// Errors name the definition's file, line and key: a limit, capability or mount that this host
// cannot give.
Result<handoff::Program> compile_launch(const ContainerSpec& spec, const Sandbox& sandbox,
                                        const HostFacts& facts, const Paths& paths,
                                        SeccompFilters& filters, std::uint64_t launch_id);

}  // namespace berth::runtime
