// Files of the host as part of what is desired: what their content asks for, and what it never
// does.
#include <doctest/doctest.h>

#include "supervisor/plan/explain.h"
#include "supervisor/plan/test_stage.h"

using namespace berth;

namespace {

const std::string kEnv = "/etc/web.env";
const std::string kSecret = "/etc/web.secret";
const std::string kConf = "/etc/web.conf";

ContainerSpec referring(bool reloads = false) {
  ContainerSpec spec = service("web");
  spec.env_file = {kEnv};
  spec.secrets = {{"password", kSecret}};
  spec.update.watch = {kConf};
  if (reloads) spec.update.reload = Signal{1};
  return spec;
}

struct Referring : Stage {
  explicit Referring(bool reloads = false) {
    for (const std::string& path : {kEnv, kSecret, kConf}) write(path, "old");
    define(referring(reloads));
    settle();
    REQUIRE(of("web").phase == Phase::ready);
  }
  std::string wait() const {
    const auto all = waits(desired, observed);
    return all.contains("web") ? all.at("web") : "";
  }
};

const std::string kRestart = "stop web; clean-up web; launch web";

}  // namespace

TEST_CASE("another content of an env_file or a secret restarts the container") {
  for (const auto& [path, key] : {std::pair{kEnv, "env_file"}, {kSecret, "secrets"}}) {
    Referring stage(true);
    stage.write(path, "new");
    CHECK(stage.settle() == kRestart);
    CHECK(stage.last_reason() == std::string(key) + ": " + path + ": content changed");
    CHECK(stage.settle().empty());
  }
}

TEST_CASE("another content of a watched file reloads where there is a signal, once") {
  Referring stage(true);
  stage.write(kConf, "new");
  CHECK(stage.settle() == "reload web");
  CHECK(stage.last_reason() == "update.watch: /etc/web.conf: content changed");
  CHECK(stage.settle().empty());
  CHECK(stage.of("web").restarts == 0);

  stage.write(kConf, "newer");
  CHECK(stage.turn() == "reload web");
  CHECK(std::get<action::Reload>(stage.pending.back().deed).signal == Signal{1});
}

TEST_CASE("another content of a watched file restarts where there is no signal") {
  Referring stage;
  stage.write(kConf, "new");
  CHECK(stage.settle() == kRestart);
}

TEST_CASE(
    "a secret that is watched, too, asks for a restart that waits, and is not reloaded away") {
  Referring stage(true);
  stage.edit("web", [](ContainerSpec& spec) { spec.update.watch = {kSecret}; });
  stage.settle();
  stage.write(kSecret, "1");
  CHECK(stage.settle() == kRestart);
  stage.write(kSecret, "2");
  CHECK(stage.settle().empty());
  stage.now += 1min;
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("a watched file and another one that changed together are one restart") {
  Referring stage(true);
  stage.write(kConf, "new");
  stage.write(kEnv, "new");
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("a container that writes what it watches is restarted with growing delays") {
  Referring stage;
  std::vector<Duration> waited;
  for (int start = 0; start < 6; ++start) {
    stage.write(kConf, "its own " + std::to_string(start));
    const Instant written = stage.now;
    std::string done = stage.settle();
    while (done.empty()) {
      CHECK(stage.wait() == "waits before it restarts again: its files change again and again");
      REQUIRE(stage.wake_at());
      stage.now = *stage.wake_at();
      done = stage.settle();
    }
    CHECK(done == kRestart);
    waited.push_back(stage.now - written);
  }
  CHECK(waited == std::vector<Duration>{0ms, 100ms, 200ms, 400ms, 800ms, 1600ms});
}

TEST_CASE("one that has run well for a while is restarted for its files at once") {
  Referring stage;
  for (int start = 0; start < 3; ++start) {
    stage.write(kConf, "new " + std::to_string(start));
    CHECK(stage.settle() == kRestart);
    stage.now += stage.of("web").spec->restart.reset_after;
  }
}

TEST_CASE("a new definition and an operator do not wait for files that change again and again") {
  Referring stage;
  stage.write(kConf, "1");
  CHECK(stage.settle() == kRestart);
  stage.write(kConf, "2");
  CHECK(stage.settle().empty());
  SUBCASE("definition") {
    stage.edit("web", [](ContainerSpec& spec) { spec.command = {"other"}; });
  }
  SUBCASE("operator") { stage.tell(event::OperatorRestart{"web"}); }
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("one that writes what it watches and falls waits as any that falls") {
  Referring stage;
  for (int start = 0; start < 3; ++start) {
    stage.write(kConf, "its own " + std::to_string(start));
    stage.exit("web", 1);
    if (start == 0) {
      CHECK(stage.settle() == "clean-up web; launch web");
      continue;
    }
    CHECK(stage.settle() == "clean-up web");
    REQUIRE(stage.wake_at());
    stage.now = *stage.wake_at();
    CHECK(stage.settle() == "launch web");
  }
}

TEST_CASE("a reload is told although another change waits") {
  Referring stage(true);
  stage.edit("web", [](ContainerSpec& spec) { spec.command = {"other"}; });
  SUBCASE("for what it needs of the host") {
    stage.passes_checks = false;
    CHECK(stage.turn() == "check web");
    stage.write(kConf, "new");
    CHECK(stage.turn().empty());  // it may restart at any moment
    stage.fail("mounts[0].source: gone");
  }
  SUBCASE("for a dependency") {
    stage.edit("web", [](ContainerSpec& spec) { spec.depends_on["none"] = {}; });
    stage.write(kConf, "new");
  }
  SUBCASE("for its window") {
    stage.edit("web", [](ContainerSpec& spec) {
      spec.update.window = {
          *parse_time_window("Sun 02:00-04:00", [](const std::string&) { return true; })};
    });
    stage.observed.wall = nullptr;
    CHECK(stage.turn() == "update web");
    stage.succeed();
    stage.write(kConf, "new");
  }
  CHECK(stage.turn() == "reload web");
  CHECK(stage.last_reason() == "update.watch: /etc/web.conf: content changed");
  stage.succeed();
  CHECK(stage.turn().empty());
}

TEST_CASE("a file that vanishes ends nothing, and is told") {
  for (const std::string& path : {kEnv, kSecret, kConf}) {
    Referring stage;
    stage.write(path, "");
    CHECK(stage.settle().empty());
    CHECK(stage.wait().ends_with(path + ": No such file or directory; it runs on as it is"));
    stage.write(path, "old");
    CHECK(stage.settle().empty());
    CHECK(stage.wait().empty());
  }
}

TEST_CASE("a missing env_file holds back a start, without counting as a failure") {
  Stage stage;
  stage.write(kSecret, "s");
  ContainerSpec spec = referring();
  spec.where["env_file"] = SourcePos{"web.toml", 3, 12};
  stage.define(spec);
  CHECK(stage.settle() == "create-network default");
  CHECK(waits(stage.desired, stage.observed).at("web") ==
        "web.toml:3:12: env_file[0]: /etc/web.env: No such file or directory");
  stage.write(kEnv, "there");
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

TEST_CASE("a watched file that is missing holds nothing back") {
  Stage stage;
  stage.write(kSecret, "s");
  stage.write(kEnv, "e");
  stage.define(referring());
  stage.settle();
  CHECK(stage.of("web").phase == Phase::ready);
  stage.write(kConf, "there");
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("a new definition whose env_file is missing leaves the old one running") {
  Referring stage;
  stage.edit("web", [](ContainerSpec& spec) { spec.env_file.push_back("/etc/more.env"); });
  CHECK(stage.settle().empty());
  CHECK(stage.of("web").phase == Phase::ready);
  CHECK(stage.wait() ==
        "keeps its old definition: env_file[1]: /etc/more.env: No such file or directory");
  stage.write("/etc/more.env", "there");
  CHECK(stage.settle() == kRestart);
}

TEST_CASE("what is watched can be changed without a restart") {
  Referring stage(true);
  stage.write("/etc/more.conf", "old");
  stage.edit("web", [](ContainerSpec& spec) { spec.update.watch.push_back("/etc/more.conf"); });
  CHECK(stage.settle() == "update web");
  CHECK(stage.settle().empty());
  stage.write("/etc/more.conf", "new");
  CHECK(stage.settle() == "reload web");
  stage.edit("web", [](ContainerSpec& spec) { spec.update.watch.clear(); });
  CHECK(stage.settle() == "update web");
  stage.write(kConf, "unnoticed");
  CHECK(stage.settle().empty());
}

TEST_CASE("a process that is still starting is told to reload when it is ready") {
  Stage stage;
  stage.write(kConf, "old");
  ContainerSpec spec = probed("web");
  spec.update.watch = {kConf};
  spec.update.reload = Signal{1};
  stage.define(spec);
  stage.settle();
  stage.tell(event::Launched{"web", stage.of("web").launch_id, 7});
  REQUIRE(stage.of("web").phase == Phase::starting);
  stage.write(kConf, "new");
  CHECK(stage.turn().empty());
  stage.now += 1s;
  CHECK(stage.settle() == "probe web; reload web");
}

TEST_CASE("what a launch really read counts, not what was known before it") {
  Referring stage;
  stage.exit("web", 1);
  stage.now += 1h;
  while (stage.turn() != "launch web") stage.succeed();
  stage.write(kEnv, "newer");
  const std::uint64_t launch = stage.of("web").launch_id;
  SUBCASE("the newer one") {
    stage.tell(event::Launched{"web", launch, 8, {{kEnv, "digest of newer"}}});
    stage.pending.clear();
    CHECK(stage.settle().empty());
  }
  SUBCASE("the older one") {
    stage.tell(event::Launched{"web", launch, 8, {{kEnv, "digest of old"}}});
    stage.pending.clear();
    CHECK(stage.settle() == kRestart);
  }
}

TEST_CASE("what failed for good is started again by another content") {
  Referring stage;
  stage.edit("web", [](ContainerSpec& spec) { spec.restart.policy = RestartPolicy::no; });
  stage.settle();
  stage.exit("web", 3);
  stage.settle();
  REQUIRE(stage.of("web").phase == Phase::failed);
  stage.write(kEnv, "new");
  stage.settle();
  CHECK(stage.of("web").phase == Phase::ready);
}

TEST_CASE("a start that fails again and again backs off, whatever the files said before it") {
  Referring stage;
  stage.write(kEnv, "new");
  stage.turn();
  stage.succeed();
  stage.turn();
  stage.succeed();
  for (unsigned attempt = 1; attempt <= 3; ++attempt) {
    REQUIRE(stage.turn() == "launch web");
    stage.fail("no");
    CHECK(stage.of("web").attempts == attempt);
    stage.settle();
    CHECK(stage.of("web").next_start);
    stage.now += 1min;
  }
}

TEST_CASE("berth plan says what another content leads to, and no word about watching") {
  Referring stage(true);
  stage.write(kConf, "new");
  stage.define(service("other"));
  std::string text;
  for (const Action& action : forecast(stage.desired, stage.observed, stage.now)) {
    text += std::string(name_of(action.deed)) + " " + action.subject + "; ";
  }
  CHECK(text == "create-sandbox other; reload web; launch other; apply-view ; ");
}

TEST_CASE("nothing is watched any more in a shutdown") {
  Referring stage;
  CHECK(stage.observed.watched.size() == 3);
  stage.desired.shutting_down = true;
  stage.settle();
  CHECK(stage.observed.watched.empty());
  CHECK(stage.observed.files.empty());
}
