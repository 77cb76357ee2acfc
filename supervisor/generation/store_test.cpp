#include "supervisor/generation/store.h"

#include <csignal>

#include <doctest/doctest.h>
#include <sys/resource.h>

#include "supervisor/generation/testing.h"

using namespace berth;
using namespace berth::generation;

namespace {

Manifest page(const std::string& reason) {
  Manifest manifest;
  manifest.reason = reason;
  return manifest;
}

void add(Store& store, const TestSet& set, const std::string& reason = "files changed") {
  REQUIRE(store.add(page(reason), set.listing(), set.text_of()));
}

std::size_t files_below(const std::string& path) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path)) {
    if (entry.is_regular_file()) ++count;
  }
  return count;
}

void spoil(const std::string& path, const std::string& content) { std::ofstream(path) << content; }

}  // namespace

TEST_CASE("a generation is there again after the store was closed, with its texts") {
  const TestDirectory directory;
  DiskFiles files;
  const TestSet set{{{"web", "command = \"a\"\n"}, {"db", "command = \"b\"\n"}}};
  {
    auto store = Store::open(directory / "g", files);
    REQUIRE(store);
    CHECK(store->latest() == nullptr);
    add(*store, set);
  }
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  REQUIRE(store->latest() != nullptr);
  CHECK(store->latest()->number == 1);
  CHECK(store->latest()->reason == "files changed");
  const auto listing = store->listing(*store->latest());
  REQUIRE(listing);
  CHECK(*listing == set.listing());
  CHECK(store->object(listing->containers.at("db")[0].digest) == "command = \"b\"\n");
}

TEST_CASE("a text that was kept before is not written again") {
  const TestDirectory directory;
  DiskFiles files;
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  TestSet set{{{"web", "1"}, {"db", "2"}, {"mail", "3"}}};
  add(*store, set);
  const std::size_t before = files_below(directory / "g");
  set.texts["web"] = "4";
  add(*store, set);
  CHECK(files_below(directory / "g") == before + 3);  // the text, the list, the manifest
  add(*store, set, "again");
  CHECK(files_below(directory / "g") == before + 4);
  CHECK(store->generations().at(2).hash == store->generations().at(3).hash);
}

TEST_CASE("the oldest go, with the texts that no other has, but not the one that is spared") {
  const TestDirectory directory;
  DiskFiles files;
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  for (int i = 1; i <= 5; ++i) add(*store, {{{"web", std::to_string(i)}, {"db", "same"}}});
  store->keep_only(2, 1);
  REQUIRE(store->generations().size() == 2);
  CHECK(store->generations().contains(1));
  CHECK(store->generations().contains(5));
  CHECK(files_below(directory / "g") == 7);  // 2 manifests, 2 lists, 2 of web, 1 of db
  CHECK_FALSE(store->object(sha256_hex("3")));
  CHECK(store->object(sha256_hex("same")));
  add(*store, {{{"web", "6"}}});
  CHECK(store->latest()->number == 6);
}

TEST_CASE("a spoilt manifest is told and passed over, and its number is not given again") {
  const TestDirectory directory;
  DiskFiles files;
  {
    auto store = Store::open(directory / "g", files);
    add(*store, {{{"web", "1"}}});
    add(*store, {{{"web", "2"}}});
  }
  spoil(directory / "g/2.json", "{\"number\": 2, \"ha");
  spoil(directory / "g/notes.json", "not ours");
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  REQUIRE(store->latest() != nullptr);
  CHECK(store->latest()->number == 1);
  REQUIRE(store->troubles().size() == 1);
  CHECK(store->troubles()[0].find("generation 2 is passed over") == 0);
  CHECK(store->next_number() == 3);
}

TEST_CASE("a spoilt text is not given, and neither is a list") {
  const TestDirectory directory;
  DiskFiles files;
  const TestSet set{{{"web", "1"}}};
  {
    auto store = Store::open(directory / "g", files);
    add(*store, set);
    const std::string digest = sha256_hex("1");
    spoil(directory / ("g/objects/" + digest.substr(0, 2) + "/" + digest.substr(2)), "other");
    CHECK_FALSE(store->object(digest));
    const std::string list = store->latest()->hash;
    spoil(directory / ("g/objects/" + list.substr(0, 2) + "/" + list.substr(2)), "");
  }
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  CHECK(store->latest() == nullptr);
  CHECK(store->troubles().size() == 1);
}

TEST_CASE("a store has one writer") {
  const TestDirectory directory;
  DiskFiles files;
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  CHECK_FALSE(Store::open(directory / "g", files));
}

TEST_CASE("a digest cannot lead out of the store") {
  const TestDirectory directory;
  CHECK_FALSE(Archive(directory.path()).object("../../../../etc/passwd"));
  CHECK_FALSE(Archive(directory.path()).object(""));
}

TEST_CASE("paths with tabs, line ends and percent signs survive in a listing") {
  Listing listing;
  listing.containers["web"] = {{"containers/web.toml", sha256_hex("1")},
                               {"containers/web.toml.d/a\tb\n%41.toml", sha256_hex("2")}};
  const auto read = parse_listing(to_text(listing));
  REQUIRE(read);
  CHECK(*read == listing);
  CHECK_FALSE(parse_listing("c\tweb\t"));
  CHECK_FALSE(parse_listing("c\tweb\tabc\tcontainers/web.toml\n"));
}

// Every prefix of the file operations of one more generation, and after each what a disk may have
// lost of what was not synced.
TEST_CASE("a power cut at any point leaves the old or the new generation, whole") {
  const TestSet before{{{"web", "1"}, {"db", "2"}}};
  TestSet after = before;
  after.texts["web"] = "3";
  SUBCASE("with few new texts") {}
  SUBCASE("with so many that the file system is synced as a whole") {
    for (int i = 0; i < 40; ++i) after.texts["c" + std::to_string(i)] = "x" + std::to_string(i);
  }
  bool finished = false;
  int old_ones = 0;
  int new_ones = 0;
  for (int steps = 0; !finished; ++steps) {
    for (const int loss : {0, 1, 2, 3}) {
      const TestDirectory directory;
      DiskFiles disk;
      {
        auto first = Store::open(directory / "g", disk);
        REQUIRE(first);
        add(*first, before);
      }
      FailingFiles files(steps);
      if (auto store = Store::open(directory / "g", files)) {
        const auto added = store->add(page("new"), after.listing(), after.text_of());
        finished = !files.is_cut();
        CHECK(added.has_value() == !files.is_cut());
        store->keep_only(1, 0);
        finished = finished && !files.is_cut();
      }
      files.lose((loss & 1) != 0, (loss & 2) != 0);
      auto store = Store::open(directory / "g", disk);
      REQUIRE(store);
      REQUIRE(store->latest() != nullptr);
      const bool is_new = store->latest()->number == 2;
      const TestSet& expected = is_new ? after : before;
      (is_new ? new_ones : old_ones) += 1;
      const auto listing = store->listing(*store->latest());
      REQUIRE(listing);
      CHECK(*listing == expected.listing());
      each_piece(*listing, [&](const Piece& piece) { CHECK(store->object(piece.digest)); });
      // And it goes on from there.
      add(*store, after);
      for (const auto& entry : std::filesystem::recursive_directory_iterator(directory / "g")) {
        CHECK_FALSE(entry.path().string().ends_with(".new"));
      }
    }
  }
  CHECK(old_ones > 4);
  CHECK(new_ones > 4);
}

TEST_CASE("when the disk is full, what was there stays, and it works again when there is room") {
  const TestDirectory directory;
  DiskFiles disk;
  auto store = Store::open(directory / "g", disk);
  REQUIRE(store);
  add(*store, {{{"web", "1"}}});
  // RLIMIT_FSIZE stands in for the full disk: write(2) fails half-way.
  rlimit former{};
  ::getrlimit(RLIMIT_FSIZE, &former);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100, former.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const TestSet large{{{"web", std::string(4096, 'x')}}};
  const auto added = store->add(page("new"), large.listing(), large.text_of());
  ::setrlimit(RLIMIT_FSIZE, &former);
  ::signal(SIGXFSZ, handler);
  CHECK_FALSE(added);
  CHECK(store->latest()->number == 1);
  add(*store, large);
  CHECK(store->latest()->number == 2);
  CHECK(store->object(sha256_hex(large.texts.at("web"))));
}
