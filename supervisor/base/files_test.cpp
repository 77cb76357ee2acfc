#include "supervisor/base/files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <stdlib.h>

using namespace berth;

TEST_CASE(
    "the names in a directory are told, none where there is none, and why it cannot be read") {
  std::string pattern = std::filesystem::temp_directory_path() / "berth-files-XXXXXX";
  const std::filesystem::path directory = ::mkdtemp(pattern.data());
  std::ofstream(directory / "a") << "file";
  std::filesystem::create_directory(directory / "b");
  auto names = names_in(directory);
  REQUIRE(names);
  std::ranges::sort(*names);
  CHECK(*names == std::vector<std::string>{"a", "b"});
  CHECK(names_in(directory / "missing") == std::vector<std::string>{});
  const auto refused = names_in(directory / "a");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == ENOTDIR);
  std::filesystem::remove_all(directory);
}
