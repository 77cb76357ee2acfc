#include "supervisor/definition/decode.h"

#include <doctest/doctest.h>

#include "supervisor/definition/reader.h"
#include "supervisor/definition/validate.h"
#include "supervisor/model/values.h"

using namespace berth;
using namespace berth::definition;
using namespace std::chrono_literals;

namespace {

ContainerSpec decoded(Format format, const std::string& content) {
  Report report("web", "web");
  const auto root = read_file(format, content, report);
  ContainerSpec spec;
  if (root) spec = decode_container(*root, "web", report);
  if (root) validate(spec, report);
  for (const Diagnostic& diagnostic : std::move(report).take())
    FAIL_CHECK(berth::format(diagnostic));
  return spec;
}

constexpr const char* kToml = R"(
template     = "host"
command      = "serve --port '80 80' \"a b\" c\\ d"
type         = "service"
autostart    = false
start_order  = 20
groups       = ["shop", "all"]
hostname     = "web"
user         = 1000
working_dir  = "/srv"
environment  = { TZ = "UTC", EMPTY = "", NO = "no" }
ports        = ["8080:80", "127.0.0.1:9443:8080/tcp", "0.0.0.0:53:53/udp"]
stop_signal  = "INT"
stop_timeout = "1m30s"
mounts       = ["/srv/shop:/data:ro", { type = "tmpfs", target = "/tmp", size = "64M" }]
restart      = "no"
networks     = ["default", { name = "lan", ipv4_address = "10.20.0.10", aliases = ["shop"] }]

[depends_on]
db      = { condition = "service_healthy", restart = true }
migrate = { condition = "completed" }

[healthcheck]
http       = "http://127.0.0.1:8080/healthz"
interval   = "5s"
on_failure = "none"

[limits]
memory  = "512M"
cpus    = 2
cpuset  = "0-1,3"
ulimits = { nofile = 65536, core = "0:unlimited", stack = "unlimited" }

[security]
cap_drop = ["all"]
cap_add  = ["CAP_NET_BIND_SERVICE"]

[logging]
max_size = "1M"
)";

constexpr const char* kYaml = R"(
template: host
command: [serve, --port, 80 80, "a b", 'c d']
type: service
autostart: false
start_order: 20
groups: [shop, all]
hostname: web
user: "1000"
working_dir: /srv
environment: {TZ: UTC, EMPTY: "", NO: no}
ports:
  - 8080:80
  - 127.0.0.1:9443:8080/tcp
  - 0.0.0.0:53:53/udp
stop_signal: 2
stop_timeout: 90s
mounts:
- {source: /srv/shop, target: /data, read_only: true}
- type: tmpfs
  target: /tmp
  size: 64M
restart:
  policy: no
networks:
- name: default
- {name: lan, ipv4_address: 10.20.0.10, aliases: [shop]}
depends_on:
  db: {condition: healthy, restart: true}
  migrate:
    condition: service_completed_successfully
healthcheck:
  http: http://127.0.0.1:8080/healthz
  interval: 5s
  on_failure: none
limits:
  memory: 0.5G
  cpus: 2.0
  cpuset: 0-1,3
  ulimits: {nofile: 65536, core: "0:unlimited", stack: unlimited}
security:
  cap_drop: [ALL]
  cap_add: [net_bind_service]
logging:
  max_size: 1024K
)";

}  // namespace

TEST_CASE("a TOML file and the same in YAML are the same definition") {
  const ContainerSpec toml = decoded(Format::toml, kToml);
  const ContainerSpec yaml = decoded(Format::yaml, kYaml);
  for (const KeyChange& change : changed_keys(toml, yaml)) {
    FAIL_CHECK(change.key << ": " << change.before << " / " << change.after);
  }
  CHECK(toml.command == std::vector<std::string>{"serve", "--port", "80 80", "a b", "c d"});
  CHECK(toml.stop_timeout == 90s);
  CHECK(toml.limits.memory == Bytes{512u << 20});
  CHECK(toml.restart.policy == RestartPolicy::no);
  CHECK(toml.environment.at("NO") == "no");
  CHECK(toml.security.cap_add == std::vector<std::string>{"net_bind_service"});
}

// A key, or its section, that is refused by name.
bool is_refused(std::string_view key, std::span<const FutureKey> refused) {
  return std::ranges::any_of(refused, [&](const FutureKey& future) {
    return key == future.name || key.starts_with(std::string(future.name) + ".");
  });
}

TEST_CASE("every key of a container's table is decoded from its example and noted") {
  for (const auto& key : container_keys()) {
    CAPTURE(key.name);
    if (is_refused(key.name, future_container_keys())) continue;
    Report report("web.toml", "web");
    const auto root =
        read_file(Format::toml, std::string(key.name) + " = " + std::string(key.example), report);
    REQUIRE(root);
    const ContainerSpec spec = decode_container(*root, "web", report);
    for (const Diagnostic& diagnostic : Report(report).take()) FAIL_CHECK(format(diagnostic));
    CHECK(spec.where.contains(std::string(key.name)));
    // The example says something else than the default, so a key that was passed over shows.
    CHECK(format_key(key, spec) != key.default_text);
  }
}

TEST_CASE("every key of networks and of the host is decoded from its example") {
  for (const auto& key : network_keys()) {
    CAPTURE(key.name);
    if (is_refused(key.name, future_network_keys())) continue;
    Report report("lan.toml", "");
    const auto root =
        read_file(Format::toml, std::string(key.name) + " = " + std::string(key.example), report);
    REQUIRE(root);
    CHECK(decode_network(*root, "lan", report).where.contains(std::string(key.name)));
    CHECK_FALSE(report.failed());
  }
  for (const auto& key : host_keys()) {
    CAPTURE(key.name);
    if (is_refused(key.name, future_host_keys())) continue;
    Report report("berthd.toml", "");
    const auto root =
        read_file(Format::toml, std::string(key.name) + " = " + std::string(key.example), report);
    REQUIRE(root);
    CHECK(decode_host(*root, report).where.contains(std::string(key.name)));
    CHECK_FALSE(report.failed());
  }
}

TEST_CASE("every key that is not supported yet is refused by its name") {
  for (const FutureKey& key : future_container_keys()) {
    CAPTURE(key.name);
    if (key.name.starts_with("networks.")) continue;  // of an item: the goldens have it
    Report report("web.toml", "web");
    const auto root = read_file(Format::toml, std::string(key.name) + " = 1", report);
    REQUIRE(root);
    (void)decode_container(*root, "web", report);
    const auto diagnostics = std::move(report).take();
    REQUIRE(diagnostics.size() == 1);
    CHECK(diagnostics[0].key == key.name);
    CHECK(diagnostics[0].problem == "this key is not supported yet");
    CHECK_FALSE(diagnostics[0].remedy.empty());
  }
}

TEST_CASE("positions are those of the values, and of the keys of lists and tables") {
  const ContainerSpec spec = decoded(Format::yaml, kYaml);
  CHECK(format(where_of(spec, "hostname")) == "web:8:11");
  CHECK(format(where_of(spec, "mounts")) == "web:18:1");
  CHECK(format(where_of(spec, "mounts[0].source")) == "web:19:12");
  CHECK(format(where_of(spec, "mounts[1].size")) == "web:22:9");
  CHECK(format(where_of(spec, "depends_on.migrate.condition")) == "web:31:16");
  CHECK(format(where_of(spec, "ports[1]")) == "web:14:5");
  CHECK(format(where_of(spec, "limits.cpu_weight")) == "web:36:1");  // not written: its table
  CHECK(format(where_of(spec, "stop_signal")) == "web:16:14");
  CHECK(format(where_of(spec, "environment.TZ")) == "web:11:19");
  const ContainerSpec toml = decoded(Format::toml, kToml);
  CHECK(format(where_of(toml, "mounts[0].source")) == "web:15:17");  // a short form: its text
  CHECK(format(where_of(toml, "restart.policy")) == "web:16:16");
}

TEST_CASE("aliases stand for whole values") {
  const ContainerSpec spec = decoded(Format::yaml,
                                     "template: host\n"
                                     "command: &words [sleep, &time 1h]\n"
                                     "groups: [*time]\n"
                                     "healthcheck: {exec: *words}\n");
  CHECK(spec.groups == std::vector<std::string>{"1h"});
  CHECK(spec.healthcheck.exec == spec.command);
}

TEST_CASE("a hundred mistakes are shown, and the rest of a hostile file counted as one") {
  std::string content = "template = 'host'\ncommand = ['true']\n";
  for (int i = 0; i < 5000; ++i) content += "unknown_" + std::to_string(i) + " = 1\n";
  Report report("web.toml", "web");
  const auto root = read_file(Format::toml, content, report);
  REQUIRE(root);
  (void)decode_container(*root, "web", report);
  const auto diagnostics = std::move(report).take();
  REQUIRE(diagnostics.size() == 101);
  CHECK(diagnostics.back().problem.starts_with("there are more mistakes"));
}

TEST_CASE("a system has an init's command and stop signal, unless the definition says others") {
  ContainerSpec spec = decoded(Format::toml, "template = \"host\"\ntype = \"system\"\n");
  CHECK(spec.command == std::vector<std::string>{"/sbin/init"});
  CHECK(format_signal(spec.stop_signal) == "SIGRTMIN+3");
  spec = decoded(Format::toml,
                 "template = \"host\"\ntype = \"system\"\nentrypoint = [\"/init\"]\n"
                 "stop_signal = \"SIGPWR\"\n");
  CHECK(spec.command.empty());
  CHECK(format_signal(spec.stop_signal) == "SIGPWR");
}
