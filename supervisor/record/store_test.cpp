#include "supervisor/record/store.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <doctest/doctest.h>

#include "supervisor/base/files.h"
#include "supervisor/record/record.h"

namespace berth::record {

namespace {

namespace fs = std::filesystem;

constexpr const char* kBoot = "4a0e1c5c-0000-4000-8000-000000000001";

class Directory {
 public:
  Directory() {
    char name[] = "/tmp/berth-records-XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Directory() { fs::remove_all(path); }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  [[nodiscard]] RecordStore open(const char* boot = kBoot) const {
    auto store = RecordStore::open(path, boot);
    REQUIRE_MESSAGE(store.has_value(), store.error().message());
    return *std::move(store);
  }
  [[nodiscard]] std::string read(const std::string& file) const {
    const auto text = read_small_file(path + "/" + file);
    return text ? *text : "";
  }
  void write(const std::string& file, const std::string& text) const {
    std::ofstream(path + "/" + file) << text;
  }
  std::string path;
};

ObservedContainer running_container() {
  auto spec = std::make_shared<ContainerSpec>();
  spec->name = "web";
  spec->command = {"/bin/true"};
  spec->environment["GREETING"] = "h\u00e9llo \"you\"\n";
  auto wanted = std::make_shared<ContainerSpec>(*spec);
  wanted->command.emplace_back("--new");
  ObservedContainer container;
  container.phase = Phase::ready;
  container.spec = container.sandbox_spec = container.root_spec = spec;
  container.update_refused = wanted;
  container.launch_id = (std::uint64_t{1} << 52) + 1;
  container.pid = 4711;
  container.launched_at = Instant(std::chrono::hours(3));
  container.failures = {Instant(std::chrono::hours(1)), Instant(std::chrono::hours(2))};
  container.last_exit = ExitStatus{ExitStatus::Kind::signaled, 9, true};
  container.files["/etc/web.conf"] = "0f";
  return container;
}

}  // namespace

TEST_CASE("a later worker reads what an earlier one kept") {
  const Directory directory;
  const ObservedContainer kept = running_container();
  ObservedNetwork network;
  network.presence = Presence::present;
  network.spec = std::make_shared<const NetworkSpec>();
  {
    RecordStore store = directory.open();
    REQUIRE(store.keep_container("web", &kept));
    REQUIRE(store.keep_container("gone", &kept));
    REQUIRE(store.keep_container("gone", nullptr));
    REQUIRE(store.keep_network("web", &network));  // the same name: another thing
  }
  const auto loaded = directory.open().load();
  REQUIRE(loaded);
  CHECK(loaded->troubles.empty());
  REQUIRE(loaded->observed.containers.size() == 1);
  const ObservedContainer& read = loaded->observed.containers.at("web");
  CHECK(read.phase == Phase::ready);
  CHECK(read.launch_id == kept.launch_id);
  CHECK(read.pid == 4711);
  CHECK(read.launched_at == kept.launched_at);
  CHECK(read.failures == kept.failures);
  CHECK(read.last_exit == kept.last_exit);
  CHECK(read.files == kept.files);
  CHECK(read.spec->environment == kept.spec->environment);
  CHECK(read.spec == read.root_spec);  // one, and not three alike
  CHECK(read.update_refused->command == kept.update_refused->command);
  CHECK(loaded->observed.networks.at("web").presence == Presence::present);
}

TEST_CASE("what is of another boot is forgotten") {
  const Directory directory;
  const ObservedContainer kept = running_container();
  REQUIRE(directory.open().keep_container("web", &kept));
  const auto loaded = directory.open("another").load();
  REQUIRE(loaded);
  CHECK(loaded->observed.containers.empty());
  CHECK(loaded->troubles.empty());
  CHECK(fs::is_empty(directory.path));
}

TEST_CASE("a damaged record is set aside and told, and the others are read") {
  const Directory directory;
  const ObservedContainer kept = running_container();
  {
    RecordStore store = directory.open();
    for (const char* name : {"a", "b", "c", "d"}) REQUIRE(store.keep_container(name, &kept));
  }
  std::string flipped = directory.read("c-a");
  flipped[flipped.size() / 2] ^= 1;
  directory.write("c-a", flipped);
  directory.write("c-b", directory.read("c-b").substr(0, 100));
  directory.write("c-c", directory.read("c-d"));
  const auto loaded = directory.open().load();
  REQUIRE(loaded);
  CHECK(loaded->observed.containers.size() == 1);
  CHECK(loaded->observed.containers.contains("d"));
  CHECK(loaded->troubles.size() == 3);
  CHECK(directory.read("c-a~damaged") == flipped);
  // Told once.
  const auto again = directory.open().load();
  REQUIRE(again);
  CHECK(again->troubles.empty());
}

TEST_CASE("a writing that was cut off leaves what was before") {
  const Directory directory;
  const ObservedContainer kept = running_container();
  REQUIRE(directory.open().keep_container("web", &kept));
  directory.write("c-web~new", "berth-rec");
  const auto loaded = directory.open().load();
  REQUIRE(loaded);
  CHECK(loaded->observed.containers.contains("web"));
  CHECK(loaded->troubles.empty());
  CHECK_FALSE(fs::exists(directory.path + "/c-web~new"));
}

TEST_CASE("what did not change is not written again") {
  const Directory directory;
  const ObservedContainer kept = running_container();
  RecordStore store = directory.open();
  REQUIRE(store.keep_container("web", &kept));
  fs::remove(directory.path + "/c-web");
  REQUIRE(store.keep_container("web", &kept));
  CHECK_FALSE(fs::exists(directory.path + "/c-web"));
  ObservedContainer changed = kept;
  changed.restarts = 1;
  REQUIRE(store.keep_container("web", &changed));
  CHECK(fs::exists(directory.path + "/c-web"));
}

}  // namespace berth::record
