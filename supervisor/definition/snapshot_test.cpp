// Snapshots of real directories: what counts, what is refused, and that nothing blocks.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "supervisor/definition/load.h"

using namespace berth;
using namespace berth::definition;
namespace fs = std::filesystem;

namespace {

class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "berth-snapshot-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / "etc/berth/containers");
    fs::create_directories(path / "etc/berth/networks");
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { fs::remove_all(path); }

  fs::path write(const std::string& name, const std::string& content = "type = 'oneshot'\n") const {
    const fs::path file = path / "etc/berth" / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
    fs::permissions(file, fs::perms(0644));
    return file;
  }
  [[nodiscard]] Snapshot take(bool trusted = false) const {
    return snapshot(Paths::below(path.string()), trusted);
  }

  fs::path path;
};

std::vector<std::string> names(const std::vector<File>& files) {
  std::vector<std::string> all;
  for (const File& file : files) all.push_back(file.name);
  return all;
}

std::string only_problem(const Snapshot& snapshot) {
  REQUIRE(snapshot.problems.size() == 1);
  return format(snapshot.problems[0]);
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("files with the three endings count, in the order of their names") {
  const Root root;
  for (const char* name : {"b.toml", "a.yaml", "c.yml"})
    root.write(std::string("containers/") + name);
  root.write("networks/lan.toml");
  root.write("berthd.toml");
  const Snapshot taken = root.take();
  CHECK(names(taken.containers) == Names{"a", "b", "c"});
  CHECK(taken.containers[0].path == "containers/a.yaml");
  CHECK(taken.containers[0].format == Format::yaml);
  CHECK(taken.containers[1].content == "type = 'oneshot'\n");
  CHECK(names(taken.networks) == Names{"lan"});
  CHECK(names(taken.host) == Names{"berthd"});
  CHECK(taken.problems.empty());
  CHECK_FALSE(taken.missing_directory);
}

TEST_CASE("what editors, dpkg and git-sync leave beside them does not count") {
  const Root root;
  for (const char* name :
       {".web.toml", "web.toml~", ".web.toml.swp", "web.toml.dpkg-new", "4913", "README",
        "web.toml.dpkg-dist", "#web.toml#", "..2024/web.toml", "web.TOML", "web.json"}) {
    root.write(std::string("containers/") + name);
  }
  const Snapshot taken = root.take();
  CHECK(taken.containers.empty());
  CHECK(taken.problems.empty());
}

TEST_CASE("a directory that is not there is missing, not empty") {
  const Root root;
  fs::remove(root.path / "etc/berth/containers");
  const Snapshot taken = root.take(true);
  CHECK(taken.missing_directory);
  CHECK(taken.problems.empty());
}

TEST_CASE("a directory that is a file is missing, and that is a problem") {
  const Root root;
  fs::remove(root.path / "etc/berth/containers");
  root.write("containers");
  const Snapshot taken = root.take();
  CHECK(taken.missing_directory);
  CHECK(only_problem(taken).starts_with("containers/: error: the directory is not taken: "));
}

TEST_CASE("a FIFO, a device, a directory and a dangling link are problems, and block nobody") {
  const Root root;
  const fs::path directory = root.path / "etc/berth/containers";
  REQUIRE(::mkfifo((directory / "a.toml").c_str(), 0644) == 0);
  const bool device = ::mknod((directory / "b.toml").c_str(), S_IFCHR | 0644, makedev(1, 5)) == 0;
  fs::create_directory(directory / "c.toml");
  fs::create_symlink("nowhere", directory / "d.toml");
  fs::create_symlink("e.toml", directory / "e.toml");
  fs::create_symlink("/dev/zero", directory / "f.toml");
  for (const bool trusted : {false, true}) {
    const Snapshot taken = root.take(trusted);
    CHECK(taken.containers.empty());
    CHECK(taken.problems.size() == (device ? 6 : 5));
    CHECK(taken.refused_containers.at("a") == "containers/a.toml");
    CHECK(load(taken).bad.contains("d"));
  }
}

TEST_CASE("a link to /dev/null masks a name without a word") {
  const Root root;
  fs::create_symlink("/dev/null", root.path / "etc/berth/containers/web.toml");
  const Snapshot taken = root.take(true);
  CHECK(taken.containers.empty());
  CHECK(taken.problems.empty());
  CHECK(taken.refused_containers.empty());
}

TEST_CASE("the same name twice names both files, and takes neither") {
  const Root root;
  root.write("containers/web.toml");
  root.write("containers/web.yaml");
  const Snapshot taken = root.take();
  CHECK(taken.containers.empty());
  CHECK(only_problem(taken) ==
        "containers/web.toml: error: the name \"web\" is taken twice, by this file and web.yaml "
        "(remove one of them)");
  CHECK(taken.problems[0].container == "web");
}

TEST_CASE("a file beyond 1 MiB is refused, one of 1 MiB is read") {
  const Root root;
  root.write("containers/most.toml", std::string(1u << 20, '#'));
  root.write("containers/more.toml", std::string((1u << 20) + 1, '#'));
  const Snapshot taken = root.take();
  CHECK(names(taken.containers) == Names{"most"});
  CHECK(only_problem(taken) ==
        "containers/more.toml: error: the file is not taken: it is larger than 1 MiB");
}

TEST_CASE("only what root alone can write is trusted") {
  if (::geteuid() != 0) return;
  const Root root;
  const fs::path file = root.write("containers/web.toml");
  CHECK(names(root.take(true).containers) == Names{"web"});

  SUBCASE("the file can be written by others") {
    fs::permissions(file, fs::perms(0666));
    CHECK(only_problem(root.take(true)) ==
          "containers/web.toml: error: the file is not taken: it can be written by others than "
          "root");
    CHECK(root.take(false).problems.empty());
  }
  SUBCASE("the file belongs to somebody else") {
    REQUIRE(::chown(file.c_str(), 1000, 1000) == 0);
    CHECK(only_problem(root.take(true)).find("does not belong to root") != std::string::npos);
  }
  SUBCASE("the directory can be written by its group") {
    fs::permissions(file.parent_path(), fs::perms(0775));
    const Snapshot taken = root.take(true);
    CHECK(taken.missing_directory);  // so that what runs goes on
    CHECK(only_problem(taken).find("can be written by others") != std::string::npos);
  }
  SUBCASE("a directory above it can be written by all") {
    fs::permissions(root.path / "etc", fs::perms(01777));
    CHECK(root.take(true).missing_directory);
  }
  SUBCASE("a link of somebody else leads to a good file") {
    const fs::path link = file.parent_path() / "link.toml";
    fs::create_symlink("web.toml", link);
    CHECK(root.take(true).problems.empty());
    REQUIRE(::lchown(link.c_str(), 1000, 1000) == 0);
    CHECK(only_problem(root.take(true)).find("symlink") != std::string::npos);
  }
}

TEST_CASE("a tree that git-sync swaps behind links is followed, within the root and out of it") {
  if (::geteuid() != 0) return;
  const Root root;
  const Root elsewhere;
  root.write("containers/..2024/web.toml");
  elsewhere.write("containers/db.toml");
  const fs::path directory = root.path / "etc/berth/containers";
  fs::create_directory_symlink("..2024", directory / "..data");
  fs::create_symlink("..data/web.toml", directory / "web.toml");
  fs::create_symlink(elsewhere.path / "etc/berth/containers/db.toml", directory / "db.toml");
  CHECK(names(root.take(true).containers) == Names{"db", "web"});
  fs::permissions(elsewhere.path / "etc/berth/containers", fs::perms(0777));
  CHECK(names(root.take(true).containers) == Names{"web"});
}

TEST_CASE("what is named on a command line is shown as it was given") {
  const Root root;
  const std::string web = root.write("containers/web.toml").string();
  root.write("containers/db.yaml", "");
  root.write("networks/lan.toml");
  const std::string berth = (root.path / "etc/berth").string();

  const Snapshot one = snapshot_of({web});
  REQUIRE(names(one.containers) == Names{"web"});
  CHECK(one.containers[0].path == web);
  CHECK(one.neighbours.contains("db"));
  CHECK(one.neighbour_networks.contains("lan"));

  for (const std::string& whole : {berth, root.path.string()}) {
    const Snapshot all = snapshot_of({whole});
    CHECK(names(all.containers) == Names{"db", "web"});
    CHECK(names(all.networks) == Names{"lan"});
    CHECK(all.containers[1].path == web);
  }
  CHECK(names(snapshot_of({berth + "/containers/"}).containers) == Names{"db", "web"});
  CHECK(names(snapshot_of({berth + "/networks"}).networks) == Names{"lan"});
  CHECK(only_problem(snapshot_of({"/nowhere/at/all"})) ==
        "/nowhere/at/all: error: there is no such file or directory");
}
