#include "supervisor/runtime/seccomp.h"

#include <cstddef>
#include <memory>
#include <vector>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/net.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>

#include "supervisor/runtime/seccomp_export.h"
#include "supervisor/runtime/seccomp_rules.h"

namespace berth::runtime {
namespace {

using Filter = SeccompFilter;

bool has(std::uint64_t capabilities, int number) { return ((capabilities >> number) & 1) != 0; }

Error failed(std::string_view what, int negative_errno) {
  return Error{"cannot make the seccomp filter: " + std::string(what), -negative_errno};
}

// The native architecture and those whose programs this kernel may run, too.
std::vector<std::uint32_t> architectures() {
  const std::uint32_t native = ::seccomp_arch_native();
  switch (native) {
    case SCMP_ARCH_X86_64: return {native, SCMP_ARCH_X86, SCMP_ARCH_X32};
    case SCMP_ARCH_AARCH64: return {native, SCMP_ARCH_ARM};
    case SCMP_ARCH_S390X: return {native, SCMP_ARCH_S390};
    default: return {native};
  }
}

// A rule for a call by name. A name that the library does not know is no rule: the call's number
// is either newer than all it knows (ENOSYS) or does not exist on these architectures.
Result<void> rule(const Filter& filter, std::uint32_t action, std::string_view name,
                  const std::vector<scmp_arg_cmp>& conditions = {}) {
  const int call = ::seccomp_syscall_resolve_name(std::string(name).c_str());
  if (call == __NR_SCMP_ERROR) return {};
  const int error = ::seccomp_rule_add_array(
      filter.get(), action, call, static_cast<unsigned>(conditions.size()), conditions.data());
  if (error != 0) return std::unexpected(failed(name, error));
  return {};
}

scmp_arg_cmp argument(unsigned index, scmp_compare comparison, std::uint64_t value,
                      std::uint64_t value2 = 0) {
  scmp_arg_cmp condition{};
  condition.arg = index;
  condition.op = comparison;
  condition.datum_a = value;
  condition.datum_b = value2;
  return condition;
}

Result<void> add_plain_rules(const Filter& filter, std::uint64_t capabilities) {
  for (const std::string_view name : calls_for_all()) {
    TRY(rule(filter, SCMP_ACT_ALLOW, name));
  }
  for (const CapabilityCalls& group : calls_by_capability()) {
    if (!has(capabilities, group.capability)) continue;
    for (const std::string_view name : group.calls) TRY(rule(filter, SCMP_ACT_ALLOW, name));
  }
  return {};
}

// By address family. On i386 libseccomp lets the multiplexer make sockets, too, whose family it
// cannot see; refuse_multiplexed_socket takes that back.
Result<void> add_socket_rules(const Filter& filter) {
  TRY(rule(filter, SCMP_ACT_ALLOW, "socket", {argument(0, SCMP_CMP_LE, kFamiliesFrom1To)}));
  for (const std::uint64_t family : other_families()) {
    TRY(rule(filter, SCMP_ACT_ALLOW, "socket", {argument(0, SCMP_CMP_EQ, family)}));
  }
  return rule(filter, SCMP_ACT_ALLOW, "socketcall", {argument(0, SCMP_CMP_GT, SYS_SOCKET)});
}

Result<void> add_argument_rules(const Filter& filter, std::uint64_t capabilities) {
  TRY(add_socket_rules(filter));
  for (const std::uint64_t personality : personalities()) {
    TRY(rule(filter, SCMP_ACT_ALLOW, "personality", {argument(0, SCMP_CMP_EQ, personality)}));
  }
  if (has(capabilities, CAP_SYS_ADMIN)) return {};
  constexpr std::uint64_t kNamespaces = CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
                                        CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWCGROUP;
  const unsigned flags = ::seccomp_arch_native() == SCMP_ARCH_S390X ? 1 : 0;
  TRY(rule(filter, SCMP_ACT_ALLOW, "clone", {argument(flags, SCMP_CMP_MASKED_EQ, kNamespaces, 0)}));
  return rule(filter, SCMP_ACT_ERRNO(ENOSYS), "clone3");
}

// i386's socketcall hides its arguments behind a pointer. Making a socket through it is refused
// altogether (the direct call is there since Linux 4.3); its other functions are allowed.
void refuse_multiplexed_socket(std::vector<sock_filter>& code) {
  constexpr std::uint32_t kSocketcall = 102;
  code.push_back(bpf::load(offsetof(seccomp_data, arch)));
  code.push_back(bpf::jump(BPF_JEQ, SCMP_ARCH_X86, 0, 5));
  code.push_back(bpf::load(offsetof(seccomp_data, nr)));
  code.push_back(bpf::jump(BPF_JEQ, kSocketcall, 0, 3));
  code.push_back(bpf::load(offsetof(seccomp_data, args)));  // its lower half: little endian
  code.push_back(bpf::jump(BPF_JEQ, SYS_SOCKET, 0, 1));
  code.push_back(bpf::answer_errno(EPERM));
}

std::vector<sock_filter> front_of(const std::vector<std::uint32_t>& known_architectures) {
  std::vector<sock_filter> code;
  for (const std::uint32_t architecture : known_architectures) {
    if (architecture != SCMP_ARCH_X32) refuse_unknown(code, architecture);
    if (architecture == SCMP_ARCH_X86) refuse_multiplexed_socket(code);
  }
  return code;
}

}  // namespace

Result<std::string> compile_seccomp(std::uint64_t capabilities) {
  const Filter filter(::seccomp_init(SCMP_ACT_ERRNO(EPERM)), &::seccomp_release);
  if (!filter) return fail("cannot make the seccomp filter");
  const std::vector<std::uint32_t> all = architectures();
  for (std::size_t i = 1; i < all.size(); ++i) {
    const int error = ::seccomp_arch_add(filter.get(), all[i]);
    if (error != 0 && error != -EEXIST) return std::unexpected(failed("architecture", error));
  }
  // A call of an architecture that is not in the filter is no mistake that could be answered.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
  // A binary tree over the numbers instead of a list: a call costs ten comparisons, not 400.
  ::seccomp_attr_set(filter.get(), SCMP_FLTATR_CTL_OPTIMIZE, 2);
  TRY(add_plain_rules(filter, capabilities));
  TRY(add_argument_rules(filter, capabilities));
  return export_seccomp(filter, front_of(all));
}

Result<const std::string*> SeccompFilters::get(std::uint64_t capabilities) {
  std::uint64_t relevant = 0;
  for (const CapabilityCalls& group : calls_by_capability()) {
    relevant |= capabilities & (std::uint64_t{1} << group.capability);
  }
  const auto found = filters_.find(relevant);
  if (found != filters_.end()) return &found->second;
  std::string filter = TRY(compile_seccomp(relevant));
  return &filters_.emplace(relevant, std::move(filter)).first->second;
}

}  // namespace berth::runtime
