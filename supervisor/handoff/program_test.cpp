#include "supervisor/handoff/program.h"

#include <cstring>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

using namespace berth;
using namespace berth::handoff;

namespace {

Program sample() {
  Program program;
  program.set_launch_id(42);
  program.set_fd_count(1);
  program.set_environment(std::string_view("A=1\0B=2", 7));
  program.from({"make the tree", "web.toml", 3, 1});
  program.add(Op::make_path, {.text = "/run/x", .value = 0755});
  program.from({"mounts[0]", "web.toml", 14, 5});
  program.add(Op::attach, {.fd = slot(3), .fd2 = slot(4), .flags = kAlways});
  program.add(Op::spawn, {});
  program.begin_child();
  program.add(Op::execute, {.text = "/bin/true", .text2 = std::string_view("true\0-x\0", 8)});
  return program;
}

}  // namespace

TEST_CASE("a listing has a line for each step, with its origin") {
  CHECK(sample().listing() ==
        "0 make_path text=\"/run/x\" value=0x1ed  # make the tree\n"
        "1 attach fd=103 fd2=104 always  # mounts[0]\n"
        "2 spawn  # mounts[0]\n"
        "child:\n"
        "3 execute text=\"/bin/true\" text2=\"true\\0-x\\0\"  # mounts[0]\n");
}

TEST_CASE("bytes that are no text are counted in a listing") {
  Program program;
  program.add(Op::netlink, {.fd = slot(1), .text = "\x10\x02\x03"});
  CHECK(program.listing() == "0 netlink fd=101 text=<3 bytes>\n");
}

TEST_CASE("serialized bytes hold header, steps and NUL-terminated texts") {
  const std::string bytes = sample().serialize();
  ProgramHeader header;
  std::memcpy(&header, bytes.data(), sizeof(header));
  CHECK(header.magic == kProgramMagic);
  CHECK(header.launch_id == 42);
  CHECK(header.step_count == 4);
  CHECK(header.child_begin == 3);
  CHECK(header.fd_count == 1);
  const std::size_t arena = sizeof(header) + 4 * sizeof(Step);
  REQUIRE(bytes.size() == arena + header.arena_size);
  CHECK(std::string_view(bytes).substr(arena + header.environment.offset, 8) ==
        std::string_view("A=1\0B=2\0", 8));
  Step step;
  std::memcpy(&step, bytes.data() + sizeof(header) + 3 * sizeof(Step), sizeof(step));
  CHECK(step.op == Op::execute);
  CHECK(bytes[arena + step.text2.offset + step.text2.size] == '\0');
}

TEST_CASE("an appended program's host steps keep texts and origins, and what follows its own") {
  Program inner;
  inner.from({"inner", "", 0, 0});
  inner.add(Op::write_file, {.text = "/a", .text2 = "b", .value2 = 9, .flags = kTolerateAll});
  inner.add(Op::spawn, {});
  inner.begin_child();
  inner.add(Op::no_new_privs, {});
  Program outer;
  outer.from({"outer", "", 0, 0});
  outer.append(inner);
  outer.add(Op::close, {.fd = slot(0)});
  CHECK(outer.listing() ==
        "0 write_file text=\"/a\" text2=\"b\" value2=9 tolerate_all  # inner\n"
        "1 spawn  # inner\n"
        "2 close fd=100  # outer\n");
}

TEST_CASE("a program's memfd cannot change its size, and tells the progress") {
  const auto memfd = sample().to_memfd();
  REQUIRE(memfd.has_value());
  CHECK(::ftruncate(memfd->get(), 0) != 0);
  CHECK(*progress_of(memfd->get()) == 0);
  const std::uint32_t step = 7;
  REQUIRE(::pwrite(memfd->get(), &step, sizeof(step), offsetof(ProgramHeader, progress)) == 4);
  CHECK(*progress_of(memfd->get()) == 7);
}

TEST_CASE("every operation has a name of its own") {
  for (int a = 0; a < static_cast<int>(Op::count_); ++a) {
    for (int b = 0; b < a; ++b) CHECK(name_of(static_cast<Op>(a)) != name_of(static_cast<Op>(b)));
  }
  CHECK(name_of(Op::execute) == "execute");
  CHECK(name_of(Op::make_node) == "make_node");
  CHECK(name_of(Op::spawn) == "spawn");
  CHECK(name_of(Op::count_) == "unknown");
}
