// A seccomp profile in the OCI runtime format (config-linux.md, "linux.seccomp"), as a BPF program.
//
// As other runtimes do: a system call that the library does not know by name is passed over, a rule
// with the default action too, and conditions of one rule on the same argument mean "or". Where the
// default is an errno, calls newer than the library answer ENOSYS, so that programs fall back.
// Keys of other formats (Docker's includes and excludes) are refused: a rule must never hold
// where it was not meant to.
#pragma once

#include <string>
#include <string_view>

#include "supervisor/base/result.h"

namespace berth::runtime {

// An array of struct sock_filter as bytes. The error says what is wrong and where: "syscalls[2]:
// ...".
Result<std::string> compile_seccomp_profile(std::string_view json);

// Reads a profile and compiles it, or finds the same content compiled already. The file must be
// root's own and nobody else's to write, and at most 1 MiB. For launchers: it may hang.
Result<std::string> load_seccomp_profile(const std::string& path);

}  // namespace berth::runtime
