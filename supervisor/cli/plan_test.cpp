#include <doctest/doctest.h>

#include "supervisor/cli/plan_text.h"
#include "supervisor/cli/planned.h"
#include "supervisor/plan/test_stage.h"

namespace berth::cli {

namespace {

constexpr Terminal kPipe;

definition::Snapshot files(const std::map<std::string, std::string>& contents) {
  definition::Snapshot snapshot;
  for (const auto& [name, content] : contents) {
    definition::File file;
    file.path = "containers/" + name + ".toml";
    file.name = name;
    file.content = definition::Content("template = \"host\"\ncommand = [\"run\"]\n" + content);
    snapshot.containers.push_back(file);
  }
  return snapshot;
}

// What runs once these definitions have been taken up.
SavedState running(const std::map<std::string, std::string>& contents) {
  SavedState state;
  state.now = Instant() + std::chrono::hours(1);
  const Planned first = plan_against(state, files(contents));
  REQUIRE(first.problems.empty());
  Stage stage;
  stage.desired = first.after;
  stage.desired.generation = 12;
  stage.settle();
  state.desired = stage.desired;
  state.observed = stage.observed;
  state.now = stage.now + std::chrono::minutes(1);
  return state;
}

std::string shown(const SavedState& state, const std::map<std::string, std::string>& contents,
                  bool verbose = false) {
  return plan_text(plan_against(state, files(contents)).preview, verbose, kPipe);
}

TEST_CASE("the same files ask for nothing") {
  const std::map<std::string, std::string> contents{{"web", ""}};
  const SavedState state = running(contents);
  const Planned planned = plan_against(state, files(contents));
  CHECK(planned.preview.empty());
  CHECK(plan_text(planned.preview, true, kPipe) == "nothing to do; generation 12\n");
}

TEST_CASE("the first line counts, and each container is told with its keys and its followers") {
  const SavedState state = running({{"web", "[environment]\nTZ = \"UTC\"\n"},
                                    {"api", "[depends_on]\nweb = { restart = true }\n"},
                                    {"cache", "[limits]\nmemory = \"64M\"\n"},
                                    {"old", ""}});
  CHECK(shown(state, {{"web", "[environment]\nTZ = \"Europe/Berlin\"\n"},
                      {"api", "[depends_on]\nweb = { restart = true }\n"},
                      {"cache", "[limits]\nmemory = \"128M\"\n"},
                      {"db", ""}}) ==
        "1 to create, 1 to update live, 2 to restart, 1 to remove; generation 12 -> 13\n"
        "- old    remove   definition removed\n"
        "+ db     create   new definition (containers/db.toml)\n"
        "~ cache  update   limits.memory: 64M -> 128M (containers/cache.toml:4:10)\n"
        "~ web    restart  environment.TZ: UTC -> Europe/Berlin (containers/web.toml:4:6)\n"
        "~ api    restart  because web does\n");
}

TEST_CASE("what must be made anew is recreated, and each step is told on request") {
  const SavedState state = running({{"web", ""}});
  const std::string text = shown(state, {{"web", "network = \"none\"\n"}}, true);
  CHECK(
      text.starts_with("1 to recreate; generation 12 -> 13\n"
                       "~ web  recreate  network: bridge -> none (containers/web.toml:3:11)\n"));
  CHECK(text.find("in this order:\n  check what is needed by web") != std::string::npos);
  CHECK(text.find("create sandbox of web") != std::string::npos);
}

TEST_CASE("a definition that only says how berth acts is taken up, and nothing is done") {
  const SavedState state = running({{"web", "autostart = true\n"}});
  CHECK(shown(state, {{"web", ""}, {"idle", "autostart = false\n"}}) ==
        "1 to take up; generation 12 -> 13\n"
        "  idle  take up  new definition, not to be started\n");
}

TEST_CASE("what waits for an operator's word is told with what it waits for") {
  SavedState state = running({{"db", ""}, {"web", "depends_on = [\"db\"]\n"}});
  Stage stage;
  stage.desired = state.desired;
  stage.observed = state.observed;
  stage.tell(event::OperatorStop{"db"});
  stage.settle();
  state.observed = stage.observed;
  CHECK(shown(state, {{"db", ""}, {"web", "depends_on = [\"db\"]\n[environment]\nA = \"1\"\n"}}) ==
        "1 to wait; generation 12 -> 13\n"
        "  web  wait  keeps its old definition: waits for db, which an operator stopped\n"
        "             environment.A: unset -> 1 (containers/web.toml:5:5)\n");
}

TEST_CASE("what waits for an update window is restarted only while one is open") {
  const std::string window = "[update]\nwindow = [\"02:00-04:00 UTC\"]\n";
  SavedState state = running({{"web", window}});
  const auto at_hour = [&](int hour) {
    WallClock clock;
    clock.offset = std::chrono::hours(24 * 20000 + hour) - state.now.time_since_epoch();
    state.observed.wall = std::make_shared<const WallClock>(clock);
    const Planned planned = plan_against(state, files({{"web", "user = \"1\"\n" + window}}));
    REQUIRE(planned.preview.items.size() == 1);
    return planned.preview.items[0].fate;
  };
  CHECK(at_hour(3) == Fate::restart);
  CHECK(at_hour(5) == Fate::wait);
}

const std::string kWindow = "[update]\nwindow = [\"02:00-04:00 UTC\"]\n";

// web runs, with a window, at five o'clock.
SavedState at_five() {
  SavedState state = running({{"web", kWindow}});
  WallClock clock;
  clock.offset = std::chrono::hours(24 * 20000 + 5) - state.now.time_since_epoch();
  state.observed.wall = std::make_shared<const WallClock>(clock);
  return state;
}

TEST_CASE("of changes of which some wait for a window, the others alone are told as live") {
  CHECK(shown(at_five(), {{"web", "user = \"1\"\n" + kWindow + "[limits]\nmemory = \"64M\"\n"}}) ==
        "1 to update live; generation 12 -> 13\n"
        "~ web  update  limits.memory: unset -> 64M (containers/web.toml:7:10)\n"
        "               keeps its old definition: waits for its update window, "
        "02:00-04:00 UTC (in 21 hours):\n"
        "                 user: unset -> 1 (containers/web.toml:3:8)\n");
}

TEST_CASE("what was held back before is told as long as it waits") {
  SavedState state = at_five();
  const std::map<std::string, std::string> changed{{"web", "user = \"1\"\n" + kWindow}};
  state.desired = plan_against(state, files(changed)).after;
  const Planned planned = plan_against(state, files(changed));
  CHECK(planned.preview.generation_after == planned.preview.generation_before);
  REQUIRE(planned.preview.items.size() == 1);
  CHECK(planned.preview.items[0].fate == Fate::wait);
  CHECK(planned.preview.items[0].changes.at(0).waits);
  CHECK(planned.preview.items[0].reason.find("update window") != std::string::npos);
}

TEST_CASE("a bad file's container keeps its definition, and the mistake is among the problems") {
  const SavedState state = running({{"web", ""}});
  const Planned planned = plan_against(state, files({{"web", "comand = 1\n"}}));
  CHECK(planned.preview.empty());
  CHECK(has_error(planned.problems));
}

TEST_CASE("apply = set in force holds everything back, also for a checkout without settings") {
  SavedState state = running({{"web", ""}});
  state.settings.apply = ApplyMode::set;
  const Planned planned = plan_against(state, files({{"web", "comand = 1\n"}, {"new", ""}}));
  CHECK(planned.held_back);
  CHECK(planned.preview.empty());
}

TEST_CASE("the document for programs has the items, the actions and the problems") {
  const SavedState state = running({{"web", ""}});
  const std::string json = plan_json(
      plan_against(state, files({{"web", "[environment]\nA = \"1\"\n"}, {"bad", "x=1"}})));
  CHECK(json.find(R"("summary":{"create":0)") != std::string::npos);
  CHECK(json.find(R"("restart":1)") != std::string::npos);
  CHECK(json.find(R"("key":"environment.A","before":"","after":"1","cost":"restart")") !=
        std::string::npos);
  CHECK(json.find(R"("action":"launch")") != std::string::npos);
  CHECK(json.find(R"("file":"containers/bad.toml")") != std::string::npos);
}

}  // namespace

}  // namespace berth::cli
