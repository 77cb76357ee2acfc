#include "supervisor/logs/rotation.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include "supervisor/base/unique_fd.h"
#include "supervisor/logs/testing.h"

using namespace berth;
using namespace berth::logs;
using namespace berth::logs::testing;

namespace {

struct Directory {
  TempDir temp;
  unique_fd fd{::open(temp.path().c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  void put(const std::string& name) const { put_text(temp / name, name); }
  [[nodiscard]] std::string text(const std::string& name) const { return text_of(temp / name); }
  [[nodiscard]] bool has(const std::string& name) const {
    return std::filesystem::exists(std::filesystem::symlink_status(temp / name));
  }
};

}  // namespace

TEST_CASE("rotation moves every file one up and removes the oldest") {
  Directory dir;
  for (int i = 0; i < 3; ++i) dir.put(rotated_name("web.log", i));
  REQUIRE(rotate(dir.fd.get(), "web.log", 3));
  CHECK_FALSE(dir.has("web.log"));
  CHECK(dir.text("web.log.1") == "web.log");
  CHECK(dir.text("web.log.2") == "web.log.1");
  CHECK_FALSE(dir.has("web.log.3"));
}

TEST_CASE("rotation fills a gap and leaves what is older alone") {
  Directory dir;
  dir.put("web.log");
  dir.put("web.log.1");
  dir.put("web.log.3");
  REQUIRE(rotate(dir.fd.get(), "web.log", 5));
  CHECK(dir.text("web.log.1") == "web.log");
  CHECK(dir.text("web.log.2") == "web.log.1");
  CHECK(dir.text("web.log.3") == "web.log.3");
}

TEST_CASE("with one file rotation removes it") {
  Directory dir;
  dir.put("web.log");
  REQUIRE(rotate(dir.fd.get(), "web.log", 1));
  CHECK_FALSE(dir.has("web.log"));
  CHECK_FALSE(dir.has("web.log.1"));
  CHECK(rotate(dir.fd.get(), "web.log", 1));
}

TEST_CASE("a rotation that cannot rename says so") {
  Directory dir;
  dir.put("web.log");
  std::filesystem::create_directory(dir.temp / "web.log.1");
  const auto rotated = rotate(dir.fd.get(), "web.log", 2);
  REQUIRE_FALSE(rotated);
  CHECK(rotated.error().message() == "cannot rename web.log to web.log.1: Is a directory");
}

TEST_CASE("surplus files are removed by their exact names only") {
  Directory dir;
  const char* kept[] = {"web.log",      "web.log.1",  "web.log.02",  "web.log.x",
                        "web.log.2.gz", "web.log2.9", "other.log.7", "web.log."};
  for (const char* name : kept) dir.put(name);
  for (const char* name : {"web.log.2", "web.log.3", "web.log.12"}) dir.put(name);
  REQUIRE(remove_excess(dir.fd.get(), "web.log", 2));
  for (const char* name : kept) CHECK_MESSAGE(dir.has(name), name);
  for (const char* name : {"web.log.2", "web.log.3", "web.log.12"})
    CHECK_MESSAGE(!dir.has(name), name);
}
