// Golden diagnostics: every file and set below tests/diagnostics is wrong in some way, and
// NAME.expected beside it (for a set: `expected` within it) holds the exact lines about it.
// BERTH_UPDATE_EXPECTED=1 writes them anew, to be reviewed as a diff.
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include <doctest/doctest.h>

#include "supervisor/definition/load.h"

using namespace berth;
using namespace berth::definition;
namespace fs = std::filesystem;

namespace {

const fs::path kDirectory = "tests/diagnostics";

std::string content_of(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  std::ostringstream content;
  content << stream.rdbuf();
  return content.str();
}

std::string lines_of(const LoadedSet& set, const std::string& prefix = "") {
  std::string lines;
  for (const Diagnostic& diagnostic : set.problems) lines += format(diagnostic) + "\n";
  for (size_t at = lines.find(prefix); !prefix.empty() && at != lines.npos;
       at = lines.find(prefix, at)) {
    lines.erase(at, prefix.size());
  }
  return lines;
}

void compare(const std::string& lines, const fs::path& expected) {
  CAPTURE(expected);
  if (std::getenv("BERTH_UPDATE_EXPECTED") != nullptr) std::ofstream(expected) << lines;
  CHECK(lines == content_of(expected));
}

enum class Kind { container, network, host };

LoadedSet load_alone(const fs::path& path, Kind kind) {
  const Format format = path.extension() == ".toml" ? Format::toml : Format::yaml;
  File file{path.filename(), path.stem(), format, content_of(path)};
  Snapshot snapshot;
  auto& files = kind == Kind::container ? snapshot.containers
                : kind == Kind::network ? snapshot.networks
                                        : snapshot.host;
  files.push_back(std::move(file));
  snapshot.neighbours = {"db", "self-twice"};
  return load(snapshot);
}

size_t compare_files(const fs::path& directory, Kind kind) {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(directory)) {
    fs::path path = entry.path();
    if (!entry.is_regular_file() || path.extension() == ".expected") continue;
    const LoadedSet set = load_alone(path, kind);
    CAPTURE(path);
    CHECK_FALSE(set.problems.empty());
    if (kind == Kind::container) CHECK(set.containers.empty());
    compare(lines_of(set), path.replace_extension(".expected"));
    ++count;
  }
  return count;
}

}  // namespace

TEST_CASE("every wrong file of a container is told exactly what is wrong") {
  CHECK(compare_files(kDirectory, Kind::container) >= 120);
}

TEST_CASE("every key with a value of a wrong type is told what would be right") {
  CHECK(compare_files(kDirectory / "types", Kind::container) >= 150);
}

TEST_CASE("every wrong value, near miss and conflict is told what would be right") {
  CHECK(compare_files(kDirectory / "values", Kind::container) >= 150);
}

TEST_CASE("every wrong file of a network is told exactly what is wrong") {
  CHECK(compare_files(kDirectory / "networks", Kind::network) >= 25);
}

TEST_CASE("every wrong file of the host is told exactly what is wrong") {
  CHECK(compare_files(kDirectory / "host", Kind::host) >= 15);
}

TEST_CASE("every set that does not fit together is told exactly what does not") {
  size_t count = 0;
  for (const auto& entry : fs::directory_iterator(kDirectory / "sets")) {
    const std::string set = entry.path().string();
    CAPTURE(set);
    const LoadedSet loaded = load(snapshot_of({set}));
    CHECK_FALSE(loaded.problems.empty());
    compare(lines_of(loaded, set + "/"), entry.path() / "expected");
    ++count;
  }
  CHECK(count >= 20);
}
