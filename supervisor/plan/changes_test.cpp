// A changed definition costs a running container what its keys say, and no more.
#include "supervisor/plan/changes.h"

#include <doctest/doctest.h>

#include "supervisor/plan/test_stage.h"

namespace berth {

namespace {

struct Edit {
  const char* what;
  void (*change)(ContainerSpec&);
  const char* actions;
};

constexpr Edit kEdits[] = {
    {"groups", [](ContainerSpec& spec) { spec.groups = {"shop"}; }, "update web"},
    {"limits.memory", [](ContainerSpec& spec) { spec.limits.memory = Bytes{1 << 26}; },
     "update web"},
    {"command", [](ContainerSpec& spec) { spec.command = {"other"}; },
     "stop web; clean-up web; launch web"},
    {"network", [](ContainerSpec& spec) { spec.network = NetworkMode::none; },
     "stop web; clean-up web; remove-sandbox web; create-sandbox web; launch web"},
    {"rootfs",
     [](ContainerSpec& spec) {
       spec.root_template.clear();
       spec.rootfs = "/srv/web";
     },
     "stop web; clean-up web; remove-root web; launch web"},
};

}  // namespace

TEST_CASE("each key's change costs what the key table says") {
  for (const Edit& edit : kEdits) {
    CAPTURE(edit.what);
    Stage stage;
    stage.define(service("web"));
    stage.settle();
    stage.edit("web", edit.change);
    CHECK(stage.settle() == edit.actions);
    CHECK(stage.of("web").spec == stage.desired.containers["web"]);
    CHECK(stage.of("web").phase == Phase::ready);
  }
}

TEST_CASE("the reason of a change names key, old and new value") {
  Stage stage;
  ContainerSpec spec = service("web");
  spec.limits.memory = Bytes{64u << 20};
  stage.define(spec);
  stage.settle();
  stage.edit("web", [](ContainerSpec& edited) { edited.limits.memory = Bytes{128u << 20}; });
  CHECK(stage.turn() == "update web");
  CHECK(stage.last_reason() == "limits.memory: 64M -> 128M");
  REQUIRE(stage.pending[0].changes.size() == 1);
  CHECK(stage.pending[0].changes[0].key == "limits.memory");
}

TEST_CASE("a service keeps running by its old definition until the new one's dependencies hold") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.define(oneshot("migrate"));
  ContainerSpec changed = needing(service("web"), "migrate", DependencyCondition::completed);
  changed.command = {"other"};
  stage.define(changed);
  CHECK(stage.settle() == "create-sandbox migrate; launch migrate");
  CHECK(stage.of("web").running());
  stage.exit("migrate", 0);
  CHECK(stage.settle() ==
        "clean-up migrate; stop web; clean-up web; remove-sandbox migrate; launch web");
}

TEST_CASE("a refused live change is tried again after a while, another one at once") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.edit("web", [](ContainerSpec& spec) { spec.limits.pids = 1; });
  CHECK(stage.turn() == "update web");
  stage.fail("cannot write pids.max");
  CHECK(stage.of("web").error == "cannot write pids.max");
  CHECK(stage.turn() == "");
  CHECK(*stage.wake_at() == stage.now + 10s);
  stage.edit("web", [](ContainerSpec& spec) { spec.limits.pids = 2; });
  CHECK(stage.settle() == "update web");
  CHECK(stage.of("web").error.empty());
}

TEST_CASE("a refused live change that is taken back is undone, for it may be half applied") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.edit("web", [](ContainerSpec& spec) { spec.limits.pids = 1; });
  stage.turn();
  stage.fail("cannot write pids.max");
  stage.define(service("web"));
  CHECK(stage.settle() == "update web");
  CHECK(stage.last_reason() == "after a refused change");
  CHECK(stage.of("web").error.empty());
  CHECK(stage.settle() == "");
}

TEST_CASE("a completed oneshot runs again only for a change that asks for a restart") {
  Stage stage;
  stage.define(oneshot("prepare"));
  stage.settle();
  stage.exit("prepare", 0);
  CHECK(stage.settle() == "clean-up prepare; remove-sandbox prepare");
  stage.edit("prepare", [](ContainerSpec& spec) { spec.groups = {"g"}; });
  CHECK(stage.settle() == "");
  stage.edit("prepare", [](ContainerSpec& spec) { spec.command = {"other"}; });
  CHECK(stage.settle() == "create-sandbox prepare; launch prepare");
  stage.exit("prepare", 0);
  stage.settle();
  stage.tell(event::OperatorStart{"prepare"});
  CHECK(stage.settle() == "create-sandbox prepare; launch prepare");
}

TEST_CASE("a service that ended well starts when its new policy would not have let it rest") {
  Stage stage;
  stage.define(service("web"));
  stage.settle();
  stage.exit("web", 0);
  CHECK(stage.settle() == "clean-up web; remove-sandbox web");
  CHECK(stage.of("web").phase == Phase::stopped);
  stage.edit("web", [](ContainerSpec& spec) { spec.restart.policy = RestartPolicy::always; });
  CHECK(stage.settle() == "create-sandbox web; launch web");
}

}  // namespace berth
