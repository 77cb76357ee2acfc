#include "supervisor/runtime/compile_check.h"

#include <optional>

#include <fcntl.h>

#include "supervisor/plan/preflight.h"
#include "supervisor/runtime/places.h"

namespace berth::runtime {

using handoff::Op;

namespace {

using Kind = NeededPath::Kind;

// The value of Op::inspect.
std::optional<std::uint64_t> inspection_of(Kind kind) {
  switch (kind) {
    case Kind::device: return 0;
    case Kind::block_device: return 1;
    case Kind::program: return 2;
    default: return std::nullopt;
  }
}

}  // namespace

handoff::Program compile_check(const ContainerSpec& spec) {
  handoff::Program program;
  for (const NeededPath& needed : needed_paths(spec)) {
    const std::uint64_t flags = O_PATH | (needed.kind == Kind::directory ? O_DIRECTORY : 0);
    program.from(origin_of(spec, needed.key, needed.path));
    if (needed.kind == Kind::seccomp_profile) {
      program.add(Op::load_filter, {.text = needed.path});
      continue;
    }
    if (const auto inspected = inspection_of(needed.kind)) {
      program.add(Op::inspect, {.text = needed.path, .value = *inspected});
      continue;
    }
    program.add(Op::open_path, {.fd = handoff::slot(0), .text = needed.path, .value = flags});
    program.add(Op::close, {.fd = handoff::slot(0)});
  }
  return program;
}

}  // namespace berth::runtime
