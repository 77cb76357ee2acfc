// From libseccomp's filters to the bytes that seccomp(2) takes, and what stands in front of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <linux/filter.h>
#include <seccomp.h>

#include "supervisor/base/result.h"

namespace berth::runtime {

using SeccompFilter = std::unique_ptr<void, decltype(&::seccomp_release)>;

namespace bpf {
sock_filter load(std::size_t offset);
sock_filter jump(std::uint16_t comparison, std::uint32_t value, std::uint8_t yes, std::uint8_t no);
sock_filter answer_errno(std::uint32_t error);
}  // namespace bpf

// Instructions for the front of a filter: calls that are newer than the library answer ENOSYS, for
// libseccomp itself has one answer for all calls without a rule. Not for x32, which has x86-64's
// architecture word.
void refuse_unknown(std::vector<sock_filter>& code, std::uint32_t architecture);

// `front`, then the filter: an array of struct sock_filter as bytes.
Result<std::string> export_seccomp(const SeccompFilter& filter,
                                   const std::vector<sock_filter>& front);

}  // namespace berth::runtime
