// Written whole, or not at all: on a real file system, in a directory of its own.
#include "supervisor/import/output.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>
#include <stdlib.h>
#include <sys/stat.h>

using namespace berth;
using namespace berth::importing;
namespace fs = std::filesystem;

namespace {

class Directory {
 public:
  Directory() : path_(::mkdtemp(name_)) {}
  ~Directory() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  [[nodiscard]] const std::string& path() const { return path_; }
  // All files below it, hidden ones, too.
  [[nodiscard]] std::size_t count() const {
    std::size_t files = 0;
    for (const auto& entry : fs::recursive_directory_iterator(path_)) {
      files += entry.is_directory() ? 0 : 1;
    }
    return files;
  }

 private:
  char name_[32] = "/tmp/berth-import-test-XXXXXX";
  std::string path_;
};

std::string content_of(const std::string& path) {
  std::ifstream stream(path);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

void put(const std::string& path, const std::string& content) {
  fs::create_directories(fs::path(path).parent_path());
  std::ofstream(path) << content;
}

const std::vector<OutputFile> kFiles{{"containers/a.toml", "a = 1\n", false},
                                     {"containers/b.toml", "b = 1\n", false},
                                     {"env/a.env", "PASSWORD=x\n", true}};

}  // namespace

TEST_CASE("files are written where they belong, and secret ones for root alone") {
  const Directory directory;
  REQUIRE(write_files(directory / "new/etc", kFiles, false));
  CHECK(content_of(directory / "new/etc/containers/b.toml") == "b = 1\n");
  CHECK(directory.count() == 3);
  struct stat status{};
  REQUIRE(::stat((directory / "new/etc/env/a.env").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file that is there already is never written over, and then nothing is written") {
  const Directory directory;
  put(directory / "containers/b.toml", "mine\n");
  const auto written = write_files(directory.path(), kFiles, false);
  REQUIRE_FALSE(written);
  CHECK(written.error().what.find("b.toml is there already") != std::string::npos);
  CHECK(content_of(directory / "containers/b.toml") == "mine\n");
  CHECK(directory.count() == 1);
  CHECK_FALSE(fs::exists(directory / "env"));
}

TEST_CASE("a link is not followed, not even one that leads nowhere") {
  const Directory directory;
  fs::create_directories(directory / "containers");
  fs::create_symlink("/nowhere", directory / "containers/a.toml");
  CHECK_FALSE(write_files(directory.path(), kFiles, false));
  CHECK(directory.count() == 1);
}

TEST_CASE("with force, what is there is written over") {
  const Directory directory;
  put(directory / "containers/b.toml", "mine\n");
  REQUIRE(write_files(directory.path(), kFiles, true));
  CHECK(content_of(directory / "containers/b.toml") == "b = 1\n");
  CHECK(directory.count() == 3);
}

TEST_CASE("a failure half way leaves everything as it was") {
  const Directory directory;
  put(directory / "containers/a.toml", "mine\n");
  // A directory stands where the second file belongs, and holds something.
  put(directory / "containers/b.toml/inner", "keep\n");
  const auto written = write_files(
      directory.path(),
      {{"containers/a.toml", "a = 1\n", false}, {"containers/b.toml/inner/x", "x", false}}, true);
  REQUIRE_FALSE(written);
  CHECK(content_of(directory / "containers/a.toml") == "mine\n");
  CHECK(content_of(directory / "containers/b.toml/inner") == "keep\n");
  CHECK(directory.count() == 2);
}
