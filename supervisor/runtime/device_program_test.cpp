#include "supervisor/runtime/device_program.h"

#include <cstring>
#include <optional>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "supervisor/base/files.h"
#include "supervisor/base/scope_exit.h"
#include "supervisor/base/unique_fd.h"
#include "supervisor/kernel/cgroup.h"

namespace berth::runtime {
namespace {

struct Question {
  std::uint32_t type, access, major, minor;
};

// What the program answers, by the few instructions that it is made of; nothing for any other one.
std::optional<int> answer(const std::vector<bpf_insn>& code, const Question& question) {
  const bpf_cgroup_dev_ctx context{question.access << 16 | question.type, question.major,
                                   question.minor};
  std::uint32_t registers[11] = {};
  for (std::size_t at = 0; at < code.size(); ++at) {
    const bpf_insn& one = code[at];
    std::uint32_t& to = registers[one.dst_reg];
    const auto value = static_cast<std::uint32_t>(one.imm);
    switch (one.code) {
      case BPF_LDX | BPF_MEM | BPF_W:
        if (one.src_reg != 1) return {};
        std::memcpy(&to, reinterpret_cast<const char*>(&context) + one.off, sizeof(to));
        break;
      case BPF_ALU | BPF_K | BPF_AND: to &= value; break;
      case BPF_ALU | BPF_K | BPF_RSH: to >>= value; break;
      case BPF_ALU | BPF_K | BPF_MOV: to = value; break;
      case BPF_ALU | BPF_X | BPF_MOV: to = registers[one.src_reg]; break;
      case BPF_JMP | BPF_K | BPF_JNE:
        if (to != value) at += static_cast<std::size_t>(one.off);
        break;
      case BPF_JMP | BPF_EXIT: return static_cast<int>(registers[0]);
      default: return {};
    }
  }
  return {};
}

std::vector<bpf_insn> program_of(const std::vector<std::string>& rules) {
  std::vector<DeviceRule> parsed;
  for (const std::string& rule : rules) parsed.push_back(parse_device_rule(rule).value());
  return compile_device_program(parsed);
}

constexpr std::uint32_t kChar = BPF_DEVCG_DEV_CHAR;
constexpr std::uint32_t kBlock = BPF_DEVCG_DEV_BLOCK;
constexpr std::uint32_t kRead = BPF_DEVCG_ACC_READ;
constexpr std::uint32_t kWrite = BPF_DEVCG_ACC_WRITE;
constexpr std::uint32_t kMake = BPF_DEVCG_ACC_MKNOD;

TEST_CASE("a rule is read as it is written") {
  const DeviceRule rule = parse_device_rule("c 136:* rw").value();
  CHECK(rule == DeviceRule{'c', 136, 0, true, "rw"});
  CHECK(format_device_rule(rule) == "c 136:* rw");
  CHECK(format_device_rule(parse_device_rule("b 254:3 m").value()) == "b 254:3 m");
  for (const char* wrong : {"", "c", "c 1:3", "x 1:3 rwm", "c 1-3 rwm", "c *:3 rwm", "c 1: rwm"}) {
    CAPTURE(wrong);
    CHECK(!parse_device_rule(wrong));
  }
}

TEST_CASE("a device program lets what one rule allows, and nothing else") {
  const auto code = program_of({"c 1:3 rwm", "c 136:* rw", "b 254:0 r"});
  CHECK(answer(code, {kChar, kRead, 1, 3}) == 1);
  CHECK(answer(code, {kChar, kRead | kWrite, 1, 3}) == 1);
  CHECK(answer(code, {kChar, kMake, 1, 3}) == 1);
  CHECK(answer(code, {kChar, kWrite, 136, 7}) == 1);
  CHECK(answer(code, {kBlock, kRead, 254, 0}) == 1);
  CHECK(answer(code, {kBlock, kRead | kWrite, 254, 0}) == 0);
  CHECK(answer(code, {kChar, kMake, 136, 7}) == 0);
  CHECK(answer(code, {kChar, kRead, 254, 0}) == 0);
  CHECK(answer(code, {kBlock, kRead, 1, 3}) == 0);
  CHECK(answer(code, {kChar, kRead, 1, 1}) == 0);
  CHECK(answer(program_of({}), {kChar, kRead, 1, 3}) == 0);
}

TEST_CASE("two rules for one device are not added up") {
  const auto code = program_of({"c 10:229 r", "c 10:229 w"});
  CHECK(answer(code, {kChar, kRead, 10, 229}) == 1);
  CHECK(answer(code, {kChar, kWrite, 10, 229}) == 1);
  CHECK(answer(code, {kChar, kRead | kWrite, 10, 229}) == 0);
}

// 0 or the errno of opening, in a child that has joined the cgroup.
int open_within(const std::string& cgroup, const char* device) {
  const pid_t child = ::fork();
  if (child == 0) {
    const unique_fd procs(::open((cgroup + "/cgroup.procs").c_str(), O_WRONLY | O_CLOEXEC));
    if (!procs || ::write(procs.get(), "0", 1) != 1) ::_exit(255);
    const int fd = ::open(device, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    ::_exit(fd >= 0 ? 0 : errno);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

TEST_CASE("the kernel takes a device program, and asks it") {
  const auto layout = kernel::detect_cgroup_layout();
  if (::geteuid() != 0 || !layout) {
    MESSAGE("skipped: it takes root and a cgroup v2 tree");
    return;
  }
  const std::string cgroup = layout->tracking + "/berth-test-" + std::to_string(::getpid());
  if (::mkdir(cgroup.c_str(), 0755) != 0) {
    MESSAGE("skipped: no cgroup can be made");
    return;
  }
  const scope_exit remove([&cgroup] { ::rmdir(cgroup.c_str()); });
  const unique_fd directory(::open(cgroup.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto attached = attach_device_program(directory.get(), program_of({"c 1:3 rwm"}));
  if (!attached && attached.error().code == EPERM) {
    MESSAGE("skipped: BPF is not allowed here");
    return;
  }
  REQUIRE_MESSAGE(attached, attached.error().message());
  CHECK(open_within(cgroup, "/dev/null") == 0);
  CHECK(open_within(cgroup, "/dev/zero") == EPERM);
}

}  // namespace
}  // namespace berth::runtime
