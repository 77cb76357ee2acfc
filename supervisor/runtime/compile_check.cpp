#include "supervisor/runtime/compile_check.h"

#include <fcntl.h>

#include "supervisor/plan/preflight.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {

using handoff::Op;

handoff::Program compile_check(const ContainerSpec& spec) {
  handoff::Program program;
  for (const NeededPath& needed : needed_paths(spec)) {
    const std::uint64_t flags = O_PATH | (needed.directory ? O_DIRECTORY : 0);
    program.from(origin_of(spec, needed.key, needed.path));
    program.add(Op::open_path, {.fd = handoff::slot(0), .text = needed.path, .value = flags});
    program.add(Op::close, {.fd = handoff::slot(0)});
  }
  return program;
}

}  // namespace berth::runtime
