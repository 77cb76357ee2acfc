// Malformed programs by the thousand, looked at and never run.
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "supervisor/runtime/interpreter.h"

using namespace berth;
using namespace berth::runtime;
using handoff::Op;
using handoff::slot;

namespace {

std::string sample() {
  handoff::Program program;
  program.set_environment("A=1");
  program.add(Op::make_path, {.text = "/run/x", .value = 0755});
  program.add(Op::open_path, {.fd = slot(1), .text = "/run/x"});
  program.add(Op::make_target, {.fd = slot(2),
                                .fd2 = slot(1),
                                .text = "y",
                                .value = 2,
                                .value2 = static_cast<std::uint64_t>(slot(3))});
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::set_rlimit, {.fd = 7, .value = 1, .value2 = 1});
  program.add(Op::duplicate, {.fd = slot(1), .fd2 = 0});
  program.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  return program.serialize();
}

CheckedProgram check(std::string bytes, std::vector<std::byte>& storage) {
  // A buffer of exactly this size, so that a sanitizer sees every byte too far.
  storage.assign(bytes.size(), std::byte{});
  if (!bytes.empty()) std::memcpy(storage.data(), bytes.data(), bytes.size());
  return check_program(storage, 0);
}

}  // namespace

TEST_CASE("a sound program is sound") {
  std::vector<std::byte> storage;
  const CheckedProgram program = check(sample(), storage);
  CHECK(std::string(program.reason).empty());
  CHECK(program.error == 0);
  CHECK(program.view.steps.size() == 7);
}

TEST_CASE("every text and descriptor of a program that passes is in bounds") {
  const std::string good = sample();
  std::mt19937 random(20'26);
  std::size_t passed = 0;
  for (int round = 0; round < 20'000; ++round) {
    std::string bytes = good;
    const std::size_t changes = 1 + random() % 4;
    for (std::size_t i = 0; i < changes; ++i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    std::vector<std::byte> storage;
    const CheckedProgram program = check(bytes, storage);
    if (program.error != 0) continue;
    ++passed;
    for (const handoff::Step& step : program.view.steps) {
      for (const handoff::Text text : {step.text, step.text2}) {
        const char* const end = program.view.arena + text.offset + text.size;
        REQUIRE(end < reinterpret_cast<const char*>(storage.data() + storage.size()));
        REQUIRE(*end == '\0');
      }
    }
  }
  CHECK(passed > 0);
  CHECK(passed < 20'000);
}

TEST_CASE("programs that would do harm by their order are refused") {
  std::vector<std::byte> storage;
  handoff::Program no_end;
  no_end.add(Op::spawn, {});
  no_end.begin_child();
  no_end.add(Op::no_new_privs, {});
  CHECK(check(no_end.serialize(), storage).error == EBADMSG);
  handoff::Program twice;
  twice.add(Op::spawn, {});
  twice.add(Op::spawn, {});
  twice.begin_child();
  twice.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  CHECK(check(twice.serialize(), storage).error == EBADMSG);
  handoff::Program always;
  always.add(Op::spawn, {.flags = handoff::kAlways});
  always.begin_child();
  always.add(Op::execute, {.text = "/bin/true", .text2 = "true"});
  CHECK(check(always.serialize(), storage).error == EBADMSG);
  handoff::Program host_name;
  host_name.add(Op::host_name, {.text = "mine"});
  CHECK(check(host_name.serialize(), storage).error == EBADMSG);
}
