#include "supervisor/generation/compare.h"

#include <doctest/doctest.h>

#include "supervisor/generation/testing.h"

using namespace berth;
using namespace berth::generation;

namespace {

using Texts = std::map<std::string, std::string>;  // by path: "networks/lan.toml"

Listing listing_of(const Texts& texts) {
  Listing listing;
  for (const auto& [path, text] : texts) {
    const std::string file = path.substr(path.find('/') + 1);
    auto& definitions = path.starts_with("networks/") ? listing.networks : listing.containers;
    definitions[file.substr(0, file.find('.'))] = {{path, sha256_hex(text)}};
  }
  return listing;
}

// What differs between two sets of files, after both were kept.
Comparison compared(const Texts& before, const Texts& after) {
  const TestDirectory directory;
  DiskFiles files;
  auto store = Store::open(directory / "g", files);
  REQUIRE(store);
  for (const Texts* texts : {&before, &after}) {
    const auto text_of = [&](const std::string& digest) -> const std::string* {
      for (const auto& [path, text] : *texts) {
        if (sha256_hex(text) == digest) return &text;
      }
      return nullptr;
    };
    REQUIRE(store->add(Manifest{}, listing_of(*texts), text_of));
  }
  return compare(Archive(directory / "g"), listing_of(before), listing_of(after));
}

}  // namespace

TEST_CASE("the keys of a network that changed are told, with what they cost") {
  const auto changes = compared({{"networks/lan.toml", "subnet = \"10.7.0.0/24\"\n"}},
                                {{"networks/lan.toml", "subnet = \"10.8.0.0/24\"\nnat = false\n"}})
                           .networks;
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].trouble.empty());
  REQUIRE(changes[0].keys.size() == 2);
  CHECK(changes[0].keys[0].key == "subnet");
  CHECK(changes[0].keys[0].before == "10.7.0.0/24");
  CHECK(changes[0].keys[0].after == "10.8.0.0/24");
  CHECK(changes[0].keys[0].cost == Cost::recreate);
  CHECK(changes[0].keys[1].key == "nat");
}

TEST_CASE("a network on the subnet that is the default network's elsewhere is compared, too") {
  const std::string subnet = "subnet = \"" + HostSpec{}.subnet + "\"\n";
  const auto changes =
      compared({{"networks/lan.toml", subnet}}, {{"networks/lan.toml", subnet + "dns = false\n"}})
          .networks;
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].trouble.empty());
  REQUIRE(changes[0].keys.size() == 1);
  CHECK(changes[0].keys[0].key == "dns");
}

TEST_CASE("a network that is refused now is told as one whose keys cannot be read") {
  const auto changes = compared({{"networks/lan.toml", "subnet = \"10.7.0.0/24\"\n"}},
                                {{"networks/lan.toml", "subnet = \"nowhere\"\n"}})
                           .networks;
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].trouble == "its keys cannot be read");
}

TEST_CASE("a comment alone changes no key") {
  const auto comparison = compared({{"networks/lan.toml", "subnet = \"10.7.0.0/24\"\n"},
                                    {"containers/web.toml", "command = \"a\"\nrootfs = \"/r\"\n"}},
                                   {{"networks/lan.toml", "# The lan.\nsubnet = \"10.7.0.0/24\"\n"},
                                    {"containers/web.toml", "command = \"b\"\nrootfs = \"/r\"\n"}});
  REQUIRE(comparison.networks.size() == 1);
  CHECK(comparison.networks[0].keys.empty());
  CHECK(comparison.networks[0].trouble.empty());
  REQUIRE(comparison.containers.size() == 1);
  REQUIRE(comparison.containers[0].keys.size() == 1);
  CHECK(comparison.containers[0].keys[0].key == "command");
}
