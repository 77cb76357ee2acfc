#include "supervisor/model/key_info.h"

#include <algorithm>

#include <doctest/doctest.h>

using namespace berth;

TEST_CASE("keys of items are known by their full names") {
  const auto keys = all_keys();
  for (const char* name : {"mounts.source", "depends_on.condition", "networks.ipv4_address"}) {
    CAPTURE(name);
    CHECK(std::ranges::find(keys, name, &KeyInfo::name) != keys.end());
  }
}

TEST_CASE("every key of every table has a meaning, and a type in words") {
  const auto keys = all_keys();
  CHECK(keys.size() >= container_keys().size() + host_keys().size());
  for (const KeyInfo& key : keys) {
    CAPTURE(key.name);
    if (!key.supported()) continue;
    CHECK_FALSE(key.meaning.empty());
    CHECK_FALSE(type_in_words(key).empty());
    CHECK((key.kind != ValueKind::word || !key.words.empty()));
  }
}

TEST_CASE("what is known and refused is there with what to do instead") {
  const auto keys = all_keys();
  for (const FutureKey& future : future_network_keys()) {
    CAPTURE(future.name);
    const auto found = std::ranges::find_if(keys, [&](const KeyInfo& key) {
      return key.place == "network" && key.name == future.name;
    });
    REQUIRE(found != keys.end());
    CHECK(found->remedy == future.remedy);
  }
}

TEST_CASE("ranges are written in the key's own unit") {
  const auto keys = all_keys();
  const auto range = [&](std::string_view name) {
    return range_in_words(*std::ranges::find(keys, name, &KeyInfo::name));
  };
  CHECK(range("limits.memory") == "at least 1M");
  CHECK(range("stop_timeout") == "0s to 1h");
  CHECK(range("limits.cpus") == "0.01 to 1024");
  CHECK(range("hostname").empty());
}
