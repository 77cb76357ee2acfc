// Golden documents: what the API says of given states.
#include "supervisor/control/documents.h"

#include <chrono>

#include <doctest/doctest.h>

using namespace berth;
using namespace berth::control;
using namespace std::chrono_literals;

namespace {

struct World {
  DesiredState desired;
  ObservedState observed;
  std::vector<Diagnostic> problems;
  std::map<std::string, std::string> masked;

  World() {
    desired.generation = 7;
    auto web = std::make_shared<ContainerSpec>();
    web->name = "web";
    web->groups = {"shop"};
    web->labels["tier"] = "front";
    web->ports = {PortSpec{"127.0.0.1", 9443, 8080, Protocol::tcp}};
    web->depends_on["db"] = DependencySpec{};
    web->where["command"] = SourcePos{"containers/web.toml", 2, 1};
    desired.containers["web"] = web;
    desired.networks["default"] = std::make_shared<NetworkSpec>(
        NetworkSpec{.name = "default", .bridge = "berth0", .subnet = "10.88.0.0/16"});

    ObservedContainer& running = observed.containers["web"];
    running.phase = Phase::ready;
    running.spec = web;
    running.addresses = {"10.88.0.2"};
    running.pid = 4711;
    running.launch_id = 3;
    running.launched_at = Instant(100s);
    running.restarts = 2;
    running.health = Health::healthy;
    running.last_exit = ExitStatus{ExitStatus::Kind::signaled, 9, true};
  }

  [[nodiscard]] StateView view() const {
    return StateView{desired, observed, problems, Instant(165s), WallTime(1000065s), &masked};
  }
};

const Diagnostic kBadFile{
    Severity::error, {"containers/web.toml", 3, 1}, "comand", "unknown key", "command", "web"};

}  // namespace

TEST_CASE("the list document of a running container holds every member under its name") {
  CHECK(indented(list_document(World().view())) == R"([
  {
    "name": "web",
    "type": "service",
    "phase": "ready",
    "pid": 4711,
    "restarts": 2,
    "exit_code": null,
    "signal": "SIGKILL",
    "oom_killed": true,
    "last_exit": "signal 9 (KILL), out of memory",
    "health": "healthy",
    "health_message": "",
    "addresses": [
      "10.88.0.2"
    ],
    "ports": [
      "127.0.0.1:9443:8080/tcp"
    ],
    "groups": [
      "shop"
    ],
    "labels": {
      "tier": "front"
    },
    "generation": 7,
    "error": "",
    "definition_error": "",
    "waiting": "",
    "since": "1970-01-12T13:46:40.000000000Z",
    "uptime": 65,
    "next_start_in": null,
    "next_run": "",
    "suspended": "",
    "skipped_runs": 0,
    "launch": 3,
    "completed": false,
    "desired": true,
    "intent": "",
    "file": "containers/web.toml",
    "masked": "",
    "depends_on": [
      "db"
    ]
  }
])");
}

TEST_CASE("an exit code is told apart from a signal") {
  World world;
  world.observed.containers["web"].last_exit = ExitStatus{ExitStatus::Kind::exited, 3, false};
  const auto status = container_status(world.view(), "web");
  REQUIRE(status);
  CHECK(status->exit_code == 3);
  CHECK_FALSE(status->signal);
  CHECK_FALSE(status->oom_killed);
}

TEST_CASE("a status that cannot be known is neither exit code nor signal") {
  World world;
  world.observed.containers["web"].last_exit = ExitStatus{};
  const auto status = container_status(world.view(), "web");
  REQUIRE(status);
  CHECK_FALSE(status->exit_code);
  CHECK_FALSE(status->signal);
  CHECK(status->last_exit == "unknown");
}

TEST_CASE("a container with a bad file keeps its last good definition and says so") {
  World world;
  world.problems = {kBadFile};
  const auto status = container_status(world.view(), "web");
  REQUIRE(status);
  CHECK(status->phase == "ready");
  CHECK(status->error ==
        "keeps its last good definition: containers/web.toml:3:1: error: comand: unknown key "
        "(command)");
}

TEST_CASE("what went wrong with the container itself comes before its file") {
  World world;
  world.problems = {kBadFile};
  world.observed.containers["web"].error = "cannot mount /srv on /data";
  const auto status = container_status(world.view(), "web");
  CHECK(status->error == "cannot mount /srv on /data");
  // And the file's error is not hidden by it.
  CHECK(status->definition_error ==
        "keeps its last good definition: containers/web.toml:3:1: error: comand: unknown key "
        "(command)");
}

TEST_CASE("a masked container is known by the link that masks it, and is none of the host's") {
  World world;
  world.masked["old"] = "/etc/berth/containers/old.toml";
  world.masked["web"] = "/etc/berth/containers/web.toml";
  const auto old = container_status(world.view(), "old");
  REQUIRE(old);
  CHECK(old->phase == "absent");
  CHECK(old->masked == "/etc/berth/containers/old.toml");
  CHECK(container_status(world.view(), "web")->masked == "/etc/berth/containers/web.toml");
  CHECK(container_statuses(world.view()).size() == 2);
  CHECK(host_status(world.view(), {}).containers == 1);  // web still runs
}

TEST_CASE("a schedule without a next run says why it is suspended") {
  World world;
  auto job = std::make_shared<ContainerSpec>();
  job->name = "job";
  job->type = ContainerType::oneshot;
  job->schedule = {*parse_calendar("hourly", [](const std::string&) { return true; })};
  world.desired.containers["job"] = job;
  ObservedContainer& seen = world.observed.containers["job"];
  const auto suspended = [&] { return container_status(world.view(), "job")->suspended; };
  seen.intent = Intent::stop;
  CHECK(suspended().empty());  // nobody knows the time of day
  world.observed.wall = std::make_shared<WallClock>();
  CHECK(suspended() == "an operator stopped it");
  seen.intent = Intent::none;
  CHECK(suspended().empty());
  job->autostart = false;
  CHECK(suspended() == "autostart is off, and no operator started it");
  seen.appointment.next = WallTime(5s);
  CHECK(suspended().empty());
}

TEST_CASE("a container known only by a bad file is absent, with the diagnostic as its error") {
  World world;
  world.problems = {
      Diagnostic{Severity::error, {"containers/new.toml", 1, 4}, "", "no value", "", "new"}};
  const auto statuses = container_statuses(world.view());
  REQUIRE(statuses.size() == 2);
  CHECK(statuses[0].name == "new");
  CHECK(statuses[0].phase == "absent");
  CHECK(statuses[0].error == "containers/new.toml:1:4: error: no value");
  CHECK(statuses[0].file == "containers/new.toml");
  CHECK_FALSE(statuses[0].desired);
}

TEST_CASE("a warning is no error of its container") {
  World world;
  world.problems = {kBadFile};
  world.problems[0].severity = Severity::warning;
  CHECK(container_status(world.view(), "web")->error.empty());
}

TEST_CASE("a container that backs off says when it starts again") {
  World world;
  ObservedContainer& web = world.observed.containers["web"];
  web.phase = Phase::backing_off;
  web.pid = 0;
  web.next_start = Instant(166500ms);
  const auto status = container_status(world.view(), "web");
  CHECK(status->next_start_in == 1500);
  CHECK_FALSE(status->pid);
  CHECK_FALSE(status->uptime);
  CHECK(status->since.empty());
}

TEST_CASE("nothing is known under an unknown or empty name") {
  World world;
  world.problems = {Diagnostic{Severity::error, {"berthd.toml", 1, 1}, "", "bad", "", ""}};
  CHECK_FALSE(container_status(world.view(), "wbe"));
  CHECK_FALSE(container_status(world.view(), ""));
}

TEST_CASE("the host's document counts containers and carries networks, notices, problems") {
  World world;
  world.problems = {kBadFile};
  world.observed.networks["default"].presence = Presence::present;
  const HostFacts facts{"", 42, {"no CAP_SYS_RESOURCE: rlimits cannot be raised"}};
  const auto host = parse_host(host_document(world.view(), facts));
  REQUIRE(host);
  CHECK(*host == host_status(world.view(), facts));
  CHECK(host->root == "/");
  CHECK(host->containers == 1);
  CHECK(host->running == 1);
  CHECK(host->with_error == 1);
  REQUIRE(host->networks.size() == 1);
  CHECK(host->networks[0].state == "present");
  CHECK(host->networks[0].bridge == "berth0");
  CHECK(host->notices.size() == 1);
  CHECK(host->problems == world.problems);
}

TEST_CASE("documents are read back as they were written") {
  const World world;
  const auto list = parse_list(list_document(world.view()));
  REQUIRE(list);
  CHECK(*list == container_statuses(world.view()));
  const auto status = parse_status(*status_document(world.view(), "web"));
  REQUIRE(status);
  CHECK(*status == *container_status(world.view(), "web"));
  const std::vector<std::string> names{"a", "b"};
  CHECK(parse_names(names_document(names)) == names);
}

TEST_CASE("a plan document names subject, action, reason and changed keys") {
  auto spec = std::make_shared<ContainerSpec>();
  spec->name = "web";
  const std::vector<Action> actions{
      Action{"web",
             action::Update{spec, 3},
             "limits.memory: 64M -> 128M",
             {KeyChange{"limits.memory", "64M", "128M", Cost::live, Part::process}}}};
  const std::string document = plan_document(actions);
  CHECK(document ==
        R"([{"subject":"web","action":"update","reason":"limits.memory: 64M -> 128M",)"
        R"("changes":[{"key":"limits.memory","before":"64M","after":"128M","cost":"live"}]}])");
  const auto plan = parse_plan(document);
  REQUIRE(plan);
  REQUIRE(plan->size() == 1);
  CHECK(plan->front().changes.front().after == "128M");
}

TEST_CASE("an event carries only what applies to its kind") {
  const ExitStatus oom{ExitStatus::Kind::signaled, 9, true};
  const EventRecord event = exited_event("web", oom, WallTime(0s));
  CHECK(event_document(event) ==
        R"({"time":"1970-01-01T00:00:00.000000000Z","kind":"exited","container":"web",)"
        R"("message":"signal 9 (KILL), out of memory","signal":"SIGKILL","oom_killed":true})");
  CHECK(parse_event(event_document(event)) == event);
}

TEST_CASE("bytes that are no UTF-8 and control characters do not spoil a document") {
  World world;
  world.observed.containers["web"].error = "bad \xff byte\n\x1b[31m";
  const auto list = parse_list(list_document(world.view()));
  REQUIRE(list);
  CHECK(list->front().error == "bad \xef\xbf\xbd byte\n\x1b[31m");
  CHECK(list_document(world.view()).find('\x1b') == std::string::npos);
}

TEST_CASE(
    "an answer that is not the expected document is an error, members of wrong types are not") {
  CHECK_FALSE(parse_list("{}"));
  CHECK_FALSE(parse_list("["));
  CHECK_FALSE(parse_status("[]"));
  const auto odd =
      parse_status(R"({"name":5,"pid":"x","restarts":-1,"future":[{}],"phase":"ready"})");
  REQUIRE(odd);
  CHECK(odd->name.empty());
  CHECK(odd->phase == "ready");
}

TEST_CASE("a change watch tells phases, health and errors once") {
  ChangeWatch watch;
  World world;
  auto first = watch.changes(world.observed, WallTime(0s));
  REQUIRE(first.size() == 2);
  CHECK(first[0].kind == "phase");
  CHECK(first[0].phase == "ready");
  CHECK(first[1].kind == "health");
  CHECK(watch.changes(world.observed, WallTime(1s)).empty());

  ObservedContainer& web = world.observed.containers["web"];
  web.phase = Phase::failed;
  web.error = "exit code 1";
  const auto second = watch.changes(world.observed, WallTime(2s));
  REQUIRE(second.size() == 1);
  CHECK(second[0].phase == "failed");
  CHECK(second[0].was == "ready");
  CHECK(second[0].error == "exit code 1");

  web.error.clear();
  const auto third = watch.changes(world.observed, WallTime(3s));
  REQUIRE(third.size() == 1);
  CHECK(third[0].kind == "error");

  world.observed.containers.clear();
  const auto last = watch.changes(world.observed, WallTime(4s));
  REQUIRE(last.size() == 1);
  CHECK(last[0].kind == "removed");
  CHECK(watch.changes(world.observed, WallTime(5s)).empty());
}
