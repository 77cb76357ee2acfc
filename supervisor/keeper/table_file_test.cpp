#include "supervisor/keeper/table_file.h"

#include <cstring>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <sys/mman.h>
#include <unistd.h>

#include "supervisor/base/files.h"

using namespace berth;
using namespace berth::keeper;

namespace {

// A file with two launches of the boot "b": one that lives, one that has ended.
struct Written {
  Written() {
    char name[] = "/tmp/berth-table-XXXXXX";
    REQUIRE(::mkdtemp(name) != nullptr);
    directory = name;
    path = directory + "/table";
    std::string trouble;
    const auto entries = make_table(path, "b", {}, trouble);
    REQUIRE(trouble.empty());
    REQUIRE(entries.size() == kMaxLaunches);
    entries[0].id = 1;
    entries[0].pid = 100;
    entries[0].start_time = 5;
    entries[0].become(Entry::State::lives);
    entries[3].id = 2;
    entries[3].pid = 200;
    entries[3].status = 7;
    entries[3].become(Entry::State::ended);
    entries[4].id = 3;
    entries[4].become(Entry::State::known);
    ::munmap(reinterpret_cast<std::byte*>(entries.data()) - 64, 64 + entries.size_bytes());
    bytes = read_small_file(path, 4u << 20).value();
  }
  ~Written() {
    ::unlink(path.c_str());
    ::rmdir(directory.c_str());
  }
  [[nodiscard]] FormerEntries read(std::string_view boot_id = "b") const {
    return read_table(std::as_bytes(std::span(bytes)), boot_id);
  }
  std::string directory, path, bytes;
};

}  // namespace

TEST_CASE("what was stored is there for the next keeper, and what had no process is not") {
  const FormerEntries former = Written().read();
  CHECK(former.trouble.empty());
  REQUIRE(former.entries.size() == 2);
  CHECK(former.entries[0].id == 1);
  CHECK(former.entries[0].pid == 100);
  CHECK(former.entries[0].start_time == 5);
  CHECK(former.entries[1].status == 7);
}

TEST_CASE("of another boot nothing lives") {
  const FormerEntries former = Written().read("c");
  CHECK(former.trouble.empty());
  CHECK(former.entries.empty());
}

TEST_CASE("a file that is cut, strange or of a later version is not taken for a table") {
  Written written;
  const std::string good = written.bytes;
  for (const std::size_t size : {std::size_t{0}, std::size_t{10}, good.size() - 1}) {
    written.bytes = good.substr(0, size);
    CHECK_FALSE(written.read().trouble.empty());
  }
  written.bytes = good;
  written.bytes[0] = 'x';
  CHECK_FALSE(written.read().trouble.empty());
  written.bytes = good;
  written.bytes[8] = 9;
  CHECK(written.read().trouble.find("version 9") != std::string::npos);
}

TEST_CASE("a damaged entry costs itself alone") {
  Written written;
  const std::int32_t impossible = -4;
  std::memcpy(written.bytes.data() + 64 + offsetof(Entry, pid), &impossible, sizeof impossible);
  const FormerEntries former = written.read();
  CHECK(former.trouble == "entry 0 is damaged");
  REQUIRE(former.entries.size() == 1);
  CHECK(former.entries[0].id == 2);
}
