#include "supervisor/runtime/device_program.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
#include <cstring>

#include <sys/syscall.h>
#include <unistd.h>

#include "supervisor/base/unique_fd.h"

namespace berth::runtime {
namespace {

enum Register : std::uint8_t { kR0, kR1, kR2, kR3, kR4, kR5 };

bpf_insn instruction(int code, std::uint8_t to, std::uint8_t from, int offset, int value) {
  bpf_insn out{};
  out.code = static_cast<std::uint8_t>(code);
  out.dst_reg = to & 0xf;
  out.src_reg = from & 0xf;
  out.off = static_cast<std::int16_t>(offset);
  out.imm = value;
  return out;
}

// The kernel hands over struct bpf_cgroup_dev_ctx in R1.
bpf_insn load(Register to, std::size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kR1, static_cast<int>(offset), 0);
}
bpf_insn alu(int operation, Register to, int value) {
  return instruction(BPF_ALU | BPF_K | operation, to, 0, 0, value);
}
bpf_insn copy(Register to, Register from) {
  return instruction(BPF_ALU | BPF_X | BPF_MOV, to, from, 0, 0);
}
// Skips `count` instructions when the register is another value.
bpf_insn skip_unless(Register left, int value, std::size_t count) {
  return instruction(BPF_JMP | BPF_K | BPF_JNE, left, 0, static_cast<int>(count), value);
}
bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

int access_of(const std::string& permissions) {
  int access = 0;
  for (const char letter : permissions) {
    if (letter == 'r') access |= BPF_DEVCG_ACC_READ;
    if (letter == 'w') access |= BPF_DEVCG_ACC_WRITE;
    if (letter == 'm') access |= BPF_DEVCG_ACC_MKNOD;
  }
  return access;
}

// R2: type, R3: access, R4: major, R5: minor. Each block falls through to the next one.
void add_rule(std::vector<bpf_insn>& code, const DeviceRule& rule) {
  std::vector<bpf_insn> block;
  // From the end to the front: each test skips all that comes after it.
  block.push_back(leave());
  block.push_back(alu(BPF_MOV, kR0, 1));
  if (!rule.every_minor) {
    block.push_back(skip_unless(kR5, static_cast<int>(rule.minor), block.size()));
  }
  block.push_back(skip_unless(kR4, static_cast<int>(rule.major), block.size()));
  // What is asked for and not permitted.
  block.push_back(skip_unless(kR0, 0, block.size()));
  block.push_back(alu(BPF_AND, kR0, ~access_of(rule.permissions) & 7));
  block.push_back(copy(kR0, kR3));
  const int type = rule.type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
  block.push_back(skip_unless(kR2, type, block.size()));
  code.insert(code.end(), block.rbegin(), block.rend());
}

bool parse_number(std::string_view text, unsigned& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

long bpf(int command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof(attributes));
}

std::uint64_t address(const void* pointer) { return reinterpret_cast<std::uintptr_t>(pointer); }

}  // namespace

Result<DeviceRule> parse_device_rule(std::string_view text) {
  DeviceRule rule;
  const std::size_t colon = text.find(':');
  const std::size_t space = text.find(' ', 2);
  const bool formed = text.size() > 5 && (text[0] == 'c' || text[0] == 'b') && text[1] == ' ' &&
                      colon != text.npos && space != text.npos && colon < space;
  if (!formed) return fail("\"" + std::string(text) + "\" is no rule for a device");
  rule.type = text[0];
  const std::string_view minor_text = text.substr(colon + 1, space - colon - 1);
  rule.every_minor = minor_text == "*";
  rule.permissions = text.substr(space + 1);
  if (!parse_number(text.substr(2, colon - 2), rule.major) ||
      (!rule.every_minor && !parse_number(minor_text, rule.minor))) {
    return fail("\"" + std::string(text) + "\" is no rule for a device");
  }
  return rule;
}

std::string format_device_rule(const DeviceRule& rule) {
  return std::string(1, rule.type) + " " + std::to_string(rule.major) + ":" +
         (rule.every_minor ? "*" : std::to_string(rule.minor)) + " " + rule.permissions;
}

std::vector<bpf_insn> compile_device_program(std::span<const DeviceRule> rules) {
  std::vector<bpf_insn> code = {
      // access_type holds the type in its lower half, what is asked for in the upper.
      load(kR2, offsetof(bpf_cgroup_dev_ctx, access_type)),
      alu(BPF_AND, kR2, 0xffff),
      load(kR3, offsetof(bpf_cgroup_dev_ctx, access_type)),
      alu(BPF_RSH, kR3, 16),
      load(kR4, offsetof(bpf_cgroup_dev_ctx, major)),
      load(kR5, offsetof(bpf_cgroup_dev_ctx, minor)),
  };
  for (const DeviceRule& rule : rules) add_rule(code, rule);
  code.push_back(alu(BPF_MOV, kR0, 0));
  code.push_back(leave());
  return code;
}

Result<void> attach_device_program(int cgroup, std::span<const bpf_insn> program) {
  static constexpr char kLicense[] = "Apache-2.0";
  std::array<char, 4096> log{};
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  attributes.insn_cnt = static_cast<std::uint32_t>(program.size());
  attributes.insns = address(program.data());
  attributes.license = address(kLicense);
  std::memcpy(attributes.prog_name, "berth_devices", 13);
  unique_fd loaded(static_cast<int>(bpf(BPF_PROG_LOAD, attributes)));
  if (!loaded && (errno == EINVAL || errno == EACCES)) {
    // Once more, for the verifier's own words.
    attributes.log_level = 1;
    attributes.log_size = log.size();
    attributes.log_buf = address(log.data());
    loaded.reset(static_cast<int>(bpf(BPF_PROG_LOAD, attributes)));
  }
  if (!loaded) {
    const int error = errno;
    return std::unexpected(
        Error{"the kernel refuses the BPF program of the devices" +
                  (log[0] == '\0' ? std::string() : " (" + std::string(log.data()) + ")"),
              error});
  }
  bpf_attr attach{};
  attach.target_fd = static_cast<std::uint32_t>(cgroup);
  attach.attach_bpf_fd = static_cast<std::uint32_t>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;
  if (bpf(BPF_PROG_ATTACH, attach) != 0) {
    return fail_errno("the kernel refuses to attach the BPF program of the devices");
  }
  return {};
}

}  // namespace berth::runtime
