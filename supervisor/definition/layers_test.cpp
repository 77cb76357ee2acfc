// Layers, masks and drop-ins, on real directories: which files win, and what becomes of them.
#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/definition/cache.h"
#include "supervisor/definition/load.h"

using namespace berth;
using namespace berth::definition;
namespace fs = std::filesystem;

namespace {

const std::string kBase = "template = 'host'\ncommand = ['true']\n";
const std::string kEtc = "etc/berth/containers/";
const std::string kRun = "run/berth/containers/";
const std::string kSource = "var/lib/berth/source/current/containers/";
const std::string kUsr = "usr/lib/berth/containers/";

class Root {
 public:
  Root() {
    std::string name = fs::temp_directory_path() / "berth-layers-XXXXXX";
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
    fs::create_directories(path / kEtc);
  }
  Root(const Root&) = delete;
  Root& operator=(const Root&) = delete;
  ~Root() { fs::remove_all(path); }

  fs::path write(const std::string& name, const std::string& content = kBase) const {
    const fs::path file = path / name;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
    return file;
  }
  void mask(const std::string& name, const std::string& target = "/dev/null") const {
    fs::create_directories((path / name).parent_path());
    fs::create_symlink(target, path / name);
  }
  [[nodiscard]] Snapshot take(Cache* cache = nullptr) const {
    return snapshot(Paths::below(path.string()), false, cache);
  }
  [[nodiscard]] LoadedSet load_all() const { return load(take()); }

  fs::path path;
};

std::string only_problem(const std::vector<Diagnostic>& problems) {
  REQUIRE(problems.size() == 1);
  return format(problems[0]);
}

std::vector<std::string> drop_in_names(const File& file) {
  std::vector<std::string> names;
  for (const File& drop_in : file.drop_ins) names.push_back(drop_in.name);
  return names;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("the first layer that has a name defines it, whole") {
  const Root root;
  const std::vector<std::string> layers{kEtc, kRun, kSource, kUsr};
  for (const std::string& layer : layers)
    root.write(layer + "web.toml", "hostname = '" + layer + "'");
  for (const std::string& layer : layers) {
    const Snapshot taken = root.take();
    REQUIRE(taken.containers.size() == 1);
    CHECK(taken.containers[0].content.text() == "hostname = '" + layer + "'");
    CHECK(taken.containers[0].origin == (root.path / layer / "web.toml").string());
    CHECK(taken.problems.empty());
    fs::remove(root.path / layer / "web.toml");
  }
  CHECK(root.take().containers.empty());
}

TEST_CASE("names of all layers come together, and another format is the same name") {
  const Root root;
  root.write(kEtc + "b.yaml", "hostname: etc");
  root.write(kUsr + "b.toml");
  root.write(kRun + "c.toml");
  root.write(kUsr + "a.toml");
  root.write("usr/lib/berth/networks/lan.toml", "subnet = '10.20.0.0/24'");
  const Snapshot taken = root.take();
  REQUIRE(taken.containers.size() == 3);
  CHECK(taken.containers[0].path == root.path.string() + "/usr/lib/berth/containers/a.toml");
  CHECK(taken.containers[1].path == "containers/b.yaml");
  CHECK(taken.containers[2].path == root.path.string() + "/run/berth/containers/c.toml");
  CHECK(taken.networks.size() == 1);
  CHECK(taken.problems.empty());
}

TEST_CASE("berthd.toml is looked for in the layers, too, and has drop-ins") {
  const Root root;
  root.write("usr/lib/berth/berthd.toml", "bridge = 'packaged'\ncgroup = 'packaged'");
  root.write("etc/berth/berthd.toml.d/10-log.toml", "log_level = 'debug'\nbridge = 'mine'");
  const LoadedSet set = root.load_all();
  CHECK(set.problems.empty());
  CHECK(set.host.log_level == "debug");
  CHECK(set.host.bridge == "mine");
  CHECK(set.host.cgroup == "packaged");
  root.write("etc/berth/berthd.toml.d/20-bad.toml", "log_level = 5");
  CHECK(root.load_all().host_failed);
}

TEST_CASE("a link to /dev/null masks what the layers below have under this name") {
  const Root root;
  root.write(kUsr + "web.toml");
  root.write(kUsr + "web.toml.d/10-more.toml", "hostname = 'x'");
  root.mask(kEtc + "web.toml");
  root.write("usr/lib/berth/networks/lan.toml");
  root.mask("run/berth/networks/lan.yaml", "../../../../../dev/null");
  const Snapshot taken = root.take();
  CHECK(taken.containers.empty());
  CHECK(taken.problems.empty());
  CHECK(taken.masked_containers.at("web") == (root.path / kEtc / "web.toml").string());
  CHECK(taken.refused_containers.empty());
}

TEST_CASE("an empty file is a definition, not a mask") {
  const Root root;
  root.write(kUsr + "web.toml");
  root.write(kEtc + "web.toml", "");
  CHECK(root.load_all().bad.contains("web"));
}

TEST_CASE("drop-ins of all layers are merged in the order of their names") {
  const Root root;
  root.write(kUsr + "web.toml", kBase + "hostname = 'usr'\n[limits]\nmemory = '1M'\npids = 1\n");
  root.write(kUsr + "web.toml.d/30-last.toml", "hostname = 'last'");
  root.write(kEtc + "web.toml.d/20-pids.yaml", "limits: { pids: 20 }\nhostname: middle");
  root.write(kRun + "web.yaml.d/10-first.toml", "hostname = 'first'\nuser = '7'");
  const Snapshot taken = root.take();
  REQUIRE(taken.containers.size() == 1);
  CHECK(drop_in_names(taken.containers[0]) ==
        Names{"10-first.toml", "20-pids.yaml", "30-last.toml"});
  const LoadedSet set = load(taken);
  CHECK(set.problems.empty());
  const ContainerSpec& web = *set.containers.at("web");
  CHECK(web.hostname == "last");
  CHECK(web.user == "7");
  CHECK(web.limits.pids == 20);
  CHECK(web.limits.memory == Bytes{1 << 20});
  CHECK(where_of(web, "limits.pids").file == "containers/web.toml.d/20-pids.yaml");
  CHECK(where_of(web, "limits.memory").line == 5);
  CHECK(where_of(web, "limits.memory").file == root.path.string() + "/" + kUsr + "web.toml");
}

TEST_CASE("a drop-in of a higher layer stands for the one of its name below, or masks it") {
  const Root root;
  root.write(kUsr + "web.toml");
  root.write(kUsr + "web.toml.d/10-name.toml", "hostname = 'usr'");
  root.write(kUsr + "web.toml.d/20-user.toml", "user = '7'");
  root.write(kEtc + "web.toml.d/10-name.toml", "working_dir = '/etc'");
  root.mask(kRun + "web.toml.d/20-user.toml");
  const LoadedSet set = root.load_all();
  CHECK(set.problems.empty());
  const ContainerSpec& web = *set.containers.at("web");
  CHECK(web.hostname.empty());
  CHECK(web.user.empty());
  CHECK(web.working_dir == "/etc");
}

TEST_CASE("a drop-in without a definition is said, and of a masked name it is not") {
  const Root root;
  root.write(kEtc + "web.toml.d/10-more.toml", "hostname = 'x'");
  fs::create_directories(root.path / (kEtc + "empty.toml.d"));
  const Snapshot taken = root.take();
  CHECK(only_problem(taken.problems) ==
        "containers/web.toml.d/10-more.toml: error: there is no definition of \"web\" for this "
        "drop-in to be merged over (a file web.toml, or remove the drop-in)");
  CHECK(taken.refused_containers.empty());
}

TEST_CASE("two drop-ins of one name side by side refuse their container") {
  const Root root;
  root.write(kEtc + "web.toml");
  root.write(kEtc + "web.toml.d/10.toml", "");
  root.write(kEtc + "web.yaml.d/10.toml", "");
  const Snapshot taken = root.take();
  CHECK(only_problem(taken.problems).find("two drop-ins of this name") != std::string::npos);
  CHECK(taken.containers.empty());
  CHECK(taken.refused_containers.contains("web"));
}

TEST_CASE("a bad drop-in makes the definition bad, and says so of itself") {
  const Root root;
  root.write(kEtc + "web.toml");
  root.write(kEtc + "web.toml.d/10.toml", "hostnam = 'x'");
  LoadedSet set = root.load_all();
  CHECK(
      only_problem(set.problems)
          .starts_with("containers/web.toml.d/10.toml:1:1: error: hostnam: there is no such key"));
  CHECK(set.bad.contains("web"));
  root.write(kEtc + "web.toml.d/10.toml", "hostname = ");
  set = root.load_all();
  CHECK(only_problem(set.problems).starts_with("containers/web.toml.d/10.toml:1:"));
  CHECK(set.bad.contains("web"));
}

TEST_CASE("only what root alone can write is merged") {
  if (::geteuid() != 0) return;
  const Root root;
  root.write(kUsr + "web.toml");
  const fs::path drop_in = root.write(kEtc + "web.toml.d/10.toml", "hostname = 'x'");
  const auto take = [&] { return snapshot(Paths::below(root.path.string()), true); };
  CHECK(take().problems.empty());
  fs::permissions(drop_in, fs::perms(0666));
  CHECK(take().refused_containers.contains("web"));
  fs::permissions(drop_in, fs::perms(0644));
  fs::permissions(drop_in.parent_path(), fs::perms(0777));
  CHECK(only_problem(take().problems).starts_with("containers/web.toml.d/: error: the directory"));
  CHECK(take().refused_containers.contains("web"));
  fs::permissions(drop_in.parent_path(), fs::perms(0755));
  fs::permissions(root.path / kUsr, fs::perms(0777));
  const Snapshot taken = take();
  CHECK_FALSE(taken.missing_directory);
  REQUIRE(taken.unread.size() == 1);
  CHECK(taken.unread[0] == root.path.string() + "/" + kUsr);
}

TEST_CASE("a file that did not change is not read again, one that may have is") {
  const Root root;
  const fs::path file = root.write(kEtc + "web.toml");
  Cache cache;
  const auto set_times = [&](std::int64_t seconds_ago) {
    const timespec then{::time(nullptr) - seconds_ago, 0};
    const std::array<timespec, 2> times{then, then};
    REQUIRE(::utimensat(AT_FDCWD, file.c_str(), times.data(), 0) == 0);
  };
  set_times(100);
  (void)root.take(&cache);
  // Just written: its inode's time is of now, so it is not trusted yet.
  CHECK_FALSE(cache.files.at(file).settled);
  cache.files.at(file).settled = true;  // as if read two seconds later
  cache.files.at(file).content = Content("from the cache");
  CHECK(root.take(&cache).containers[0].content == "from the cache");
  CHECK(root.take(&cache).containers[0].content == "from the cache");
  set_times(50);
  CHECK(root.take(&cache).containers[0].content.text() == kBase);
  fs::remove(file);
  (void)root.take(&cache);
  CHECK(cache.files.empty());
}

TEST_CASE("what was parsed once keeps its spec, and another drop-in makes a new one") {
  const Root root;
  root.write(kEtc + "web.toml");
  root.write(kEtc + "db.toml", "hostnam = 'bad'");
  Cache cache;
  const LoadedSet first = load(root.take(&cache), nullptr, &cache);
  const LoadedSet second = load(root.take(&cache), nullptr, &cache);
  CHECK(first.containers.at("web") == second.containers.at("web"));
  CHECK(first.problems == second.problems);
  CHECK_FALSE(second.problems.empty());
  root.write(kRun + "web.toml.d/10.toml", "hostname = 'x'");
  const LoadedSet third = load(root.take(&cache), nullptr, &cache);
  CHECK(third.containers.at("web")->hostname == "x");
}

TEST_CASE("what is held stays as it was, without a word, whether or not it is there") {
  const Root root;
  root.write(kEtc + "web.toml");
  root.write(kEtc + "app.toml");
  root.write(kUsr + "gone.toml");
  const std::string directory = (root.path / kEtc).string();
  root.write(kEtc + "other.toml");
  root.write("etc/berth/berthd.toml", "log_level = 'debug'");
  Snapshot taken = root.take();
  hold_back(taken, Paths::below(root.path.string()),
            {directory + "web.toml", directory + "gone.yaml", directory + "app.toml.d/10.toml",
             directory + "more/other.toml", (root.path / "etc/berth/berthd.toml").string()});
  REQUIRE(taken.containers.size() == 1);
  CHECK(taken.containers[0].name == "other");
  CHECK(taken.problems.empty());
  for (const char* name : {"web", "gone", "app"}) CHECK(taken.refused_containers.contains(name));
  CHECK(taken.refused_containers.size() == 3);
  CHECK(taken.refused_host);
  CHECK(load(taken).problems.empty());
}

TEST_CASE("a command line's files come with their drop-ins, and drop-ins with their file") {
  const Root root;
  const std::string web = root.write(kEtc + "web.toml").string();
  const std::string drop_in = root.write(kEtc + "web.toml.d/10.toml", "hostname = 'x'").string();
  root.write(kUsr + "app.toml");
  for (const std::string& given : {web, drop_in, (root.path / kEtc / "web.toml.d").string()}) {
    CAPTURE(given);
    const Snapshot taken = snapshot_of({given});
    REQUIRE(taken.containers.size() == 1);
    CHECK(taken.containers[0].path == web);
    REQUIRE(taken.containers[0].drop_ins.size() == 1);
    CHECK(taken.containers[0].drop_ins[0].path == drop_in);
  }
  const Snapshot whole = snapshot_of({root.path.string()});
  REQUIRE(whole.containers.size() == 2);
  CHECK(whole.containers[0].path == root.path.string() + "/usr/lib/berth/containers/app.toml");
}
