#include "supervisor/generation/commit.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include "supervisor/generation/testing.h"

using namespace berth::generation;

namespace {

const std::string kOne(40, '1');
const std::string kTwo(40, '2');

void put(const std::string& path, const std::string& content) {
  std::filesystem::create_directories(std::filesystem::path(path).parent_path());
  std::ofstream(path) << content;
}

}  // namespace

TEST_CASE("the commit is that of HEAD's branch, loose before packed, or HEAD's own") {
  const TestDirectory root;
  std::filesystem::create_directories(root / "etc/berth/containers");
  const auto commit = [&] { return work_tree_commit(root / "etc/berth/containers", root.path()); };
  CHECK(commit() == "");
  put(root / "etc/berth/.git/HEAD", "ref: refs/heads/main\n");
  CHECK(commit() == "");
  put(root / "etc/berth/.git/packed-refs",
      "# pack-refs with: peeled\n" + kTwo + " refs/heads/mainly\n" + kOne + " refs/heads/main\n");
  CHECK(commit() == kOne);
  put(root / "etc/berth/.git/refs/heads/main", kTwo + "\n");
  CHECK(commit() == kTwo);
  put(root / "etc/berth/.git/HEAD", kOne + "\n");
  CHECK(commit() == kOne);
}

TEST_CASE("a linked work tree is followed, and so is a symlink to the definitions") {
  const TestDirectory root;
  put(root / "repo/.git/refs/heads/side", kTwo + "\n");
  put(root / "repo/.git/worktrees/w/HEAD", "ref: refs/heads/side\n");
  put(root / "repo/.git/worktrees/w/commondir", "../..\n");
  put(root / "w/.git", "gitdir: " + (root / "repo/.git/worktrees/w") + "\n");
  put(root / "w/containers/web.toml", "");
  std::filesystem::create_directories(root / "etc/berth");
  std::filesystem::create_directory_symlink(root / "w/containers", root / "etc/berth/containers");
  CHECK(work_tree_commit(root / "etc/berth/containers", root.path()) == kTwo);
}

TEST_CASE("what cannot be a commit is none, and nothing hangs") {
  const TestDirectory root;
  std::filesystem::create_directories(root / "c");
  const auto commit_with = [&](const std::string& head) {
    put(root / ".git/HEAD", head);
    return work_tree_commit(root / "c", root.path());
  };
  put(root / "secret", kOne);
  CHECK(commit_with("ref: refs/../../secret\n") == "");
  CHECK(commit_with("ref: /etc/passwd\n") == "");
  CHECK(commit_with("\x1b[2J") == "");
  CHECK(commit_with(std::string(100000, '1')) == "");
  put(root / ".git/refs/heads/loop", "ref: refs/heads/loop\n");
  CHECK(commit_with("ref: refs/heads/loop\n") == "");
  std::filesystem::remove(root / ".git/HEAD");
  REQUIRE(::mkfifo((root / ".git/HEAD").c_str(), 0600) == 0);
  CHECK(work_tree_commit(root / "c", root.path()) == "");
}

TEST_CASE("a work tree above the instance's root is another's") {
  const TestDirectory root;
  put(root / ".git/HEAD", kOne + "\n");
  std::filesystem::create_directories(root / "instance/etc/berth/containers");
  CHECK(work_tree_commit(root / "instance/etc/berth/containers", root / "instance") == "");
}

TEST_CASE("definitions from berth sync have the commit of its checkout") {
  const TestDirectory root;
  put(root / "var/lib/berth/source/current/containers/web.toml", "");
  put(root / "var/lib/berth/source/status.json", R"({"checkout": {"commit": ")" + kOne + R"("}})");
  CHECK(commit_of(berth::Paths::below(root.path())) == kOne);
  put(root / "var/lib/berth/source/status.json", "{");
  CHECK(commit_of(berth::Paths::below(root.path())) == "");
}
