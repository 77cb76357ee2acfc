// The default seccomp filter: which system calls a container may make, as a BPF program.
//
// An allow-list: what is on it works, other known calls answer EPERM, calls newer than the list's
// library knows answer ENOSYS (so that programs fall back to older ones), and clone3, whose flags
// a filter cannot read, answers ENOSYS, too. Some calls come with a capability. All architectures
// that the machine can run are in it (on x86-64 also i386 and x32). i386's socketcall, whose
// address family a filter cannot see, makes no sockets: 32-bit programs that know no other way have
// none.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "supervisor/base/result.h"

namespace berth::runtime {

// The filter for a container with these capabilities (bit n for number n): an array of struct
// sock_filter as bytes. Pure, but slow: about ten milliseconds.
Result<std::string> compile_seccomp(std::uint64_t capabilities);

// Keeps each filter that was made. Only the capabilities that matter to the filter tell two
// filters apart.
class SeccompFilters {
 public:
  // Valid as long as this object.
  Result<const std::string*> get(std::uint64_t capabilities);

 private:
  std::map<std::uint64_t, std::string> filters_;
};

}  // namespace berth::runtime
