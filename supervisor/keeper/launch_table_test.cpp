#include "supervisor/keeper/launch_table.h"

#include <memory>

#include <doctest/doctest.h>

using namespace berth::keeper;

TEST_CASE("an exit is the launch's whose process it was") {
  std::vector<Entry> entries(kMaxLaunches);
  const auto table = std::make_unique<LaunchTable>(entries);
  table->register_process(*table->find_or_add(1), 100, 0, false);
  table->register_process(*table->find_or_add(2), 200, 0, false);
  table->record_exit(200, 1, 7);
  CHECK(table->find(1)->state == Entry::State::lives);
  CHECK(table->find(2)->state == Entry::State::ended);
  CHECK(table->find(2)->status == 7);
  CHECK(table->untold);
}

TEST_CASE("of two exits of one number the later is the launch's") {
  std::vector<Entry> entries(kMaxLaunches);
  const auto table = std::make_unique<LaunchTable>(entries);
  table->record_exit(100, 1, 1);
  table->record_exit(100, 1, 2);
  table->register_process(*table->find_or_add(1), 100, 0, true);
  CHECK(table->find(1)->status == 2);
}

TEST_CASE("an earlier process's exit is not that of a later one that lives") {
  std::vector<Entry> entries(kMaxLaunches);
  const auto table = std::make_unique<LaunchTable>(entries);
  table->record_exit(100, 1, 1);
  table->register_process(*table->find_or_add(1), 100, 0, false);
  CHECK(table->find(1)->state == Entry::State::lives);
  table->record_exit(100, 1, 3);
  CHECK(table->find(1)->status == 3);
}

TEST_CASE("a full table takes no launch more, and one again after a drop") {
  std::vector<Entry> entries(kMaxLaunches);
  const auto table = std::make_unique<LaunchTable>(entries);
  for (std::uint64_t id = 1; id <= kMaxLaunches; ++id) REQUIRE(table->find_or_add(id) != nullptr);
  CHECK(table->find_or_add(0) == nullptr);
  CHECK(table->find_or_add(7) == table->find(7));
  table->drop(*table->find(7));
  CHECK(table->find(7) == nullptr);
  CHECK(table->find_or_add(0) != nullptr);
}
