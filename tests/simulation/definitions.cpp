#include "tests/simulation/definitions.h"

#include <algorithm>
#include <utility>

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t kNames = 8;

template <class T>
std::shared_ptr<const T> freeze(T value) {
  return std::make_shared<const T>(std::move(value));
}

void shuffle(Random& random, std::vector<std::string>& names) {
  for (std::size_t i = names.size(); i > 1; --i) {
    std::swap(names[i - 1],
              names[static_cast<std::size_t>(random.between(0, static_cast<int>(i) - 1))]);
  }
}

}  // namespace

ContainerSpec plain_spec(const std::string& name) {
  ContainerSpec spec;
  spec.name = name;
  spec.root_template = "host";
  spec.command = {"run"};
  return spec;
}

DesiredState empty_desired() {
  DesiredState desired;
  desired.generation = 1;
  NetworkSpec network;
  network.name = "default";
  network.bridge = "berth0";
  network.subnet = "10.88.0.0/16";
  desired.networks["default"] = freeze(network);
  return desired;
}

Definitions::Definitions(Random& random) : random_(random) {
  for (std::size_t i = 0; i < kNames; ++i)
    names_.push_back(std::string(1, static_cast<char>('a' + i)));
  shuffle(random_, names_);
}

std::size_t Definitions::position(const std::string& name) const {
  return static_cast<std::size_t>(std::ranges::find(names_, name) - names_.begin());
}

void Definitions::fill(DesiredState& desired) {
  if (random_.chance(50)) edit_networks(desired);
  const auto count = static_cast<std::size_t>(random_.between(1, kNames));
  for (std::size_t i = 0; i < count; ++i) {
    desired.containers[names_[i]] = freeze(make(names_[i], desired));
  }
}

ContainerSpec Definitions::make(const std::string& name, const DesiredState& desired) {
  ContainerSpec spec = plain_spec(name);
  spec.type = random_.chance(25) ? ContainerType::oneshot : ContainerType::service;
  spec.autostart = random_.chance(80);
  spec.start_order = random_.between(-2, 2);
  spec.stop_timeout = random_.milliseconds(0, 5000);
  draw_restart(spec);
  draw_health(spec);
  draw_networks(spec, desired);
  draw_dependencies(spec, desired);
  draw_files(spec);
  if (random_.chance(30)) {
    draw_ports(spec);
  }
  return spec;
}

void Definitions::draw_restart(ContainerSpec& spec) {
  spec.restart.policy = static_cast<RestartPolicy>(random_.between(0, 3));
  spec.restart.delay = random_.milliseconds(0, 2000);
  spec.restart.factor = static_cast<double>(random_.between(10, 30)) / 10.0;
  spec.restart.max_delay = random_.milliseconds(0, 20000);
  spec.restart.burst = random_.between(1, 8);
  spec.restart.interval = random_.milliseconds(1000, 600000);
  spec.restart.reset_after = random_.milliseconds(0, 60000);
}

void Definitions::draw_health(ContainerSpec& spec) {
  spec.healthcheck = HealthSpec();
  if (random_.chance(60)) return;
  spec.healthcheck.tcp = ":80";
  spec.healthcheck.interval = random_.milliseconds(50, 10000);
  spec.healthcheck.retries = random_.between(1, 3);
  spec.healthcheck.start_period = random_.chance(50) ? 0ms : random_.milliseconds(0, 10000);
  spec.healthcheck.on_failure = random_.chance(70) ? HealthAction::restart : HealthAction::none;
}

void Definitions::draw_files(ContainerSpec& spec) {
  spec.env_file.clear();
  spec.secrets.clear();
  spec.update = UpdateSpec();
  if (random_.chance(15)) spec.env_file = {random_.pick(kFiles)};
  if (random_.chance(10)) spec.secrets = {{"s", random_.pick(kFiles)}};
  if (random_.chance(25)) spec.update.watch = {random_.pick(kFiles)};
  if (random_.chance(70)) spec.update.reload = Signal{1};
}

void Definitions::draw_ports(ContainerSpec& spec) {
  spec.ports = {PortSpec{"127.0.0.1", random_.pick(kPorts), 80, Protocol::tcp}};
}

void Definitions::draw_networks(ContainerSpec& spec, const DesiredState& desired) {
  spec.networks.clear();
  spec.network = NetworkMode::bridge;
  if (random_.chance(10))
    spec.network = NetworkMode::none;
  else if (random_.chance(10))
    spec.network = NetworkMode::host;
  else if (desired.networks.contains("lan") && random_.chance(40)) {
    spec.networks.push_back(NetworkAttachment{"lan", "", "", {"alias-" + spec.name}});
    if (random_.chance(30)) spec.networks.push_back(NetworkAttachment{.name = "default"});
  }
}

void Definitions::draw_dependencies(ContainerSpec& spec, const DesiredState& desired) {
  spec.depends_on.clear();
  for (const auto& [name, other] : desired.containers) {
    if (position(name) >= position(spec.name) || !random_.chance(35)) continue;
    DependencySpec dependency;
    dependency.restart = random_.chance(40);
    if (random_.chance(60)) {
      dependency.condition = other->type == ContainerType::oneshot ? DependencyCondition::completed
                                                                   : DependencyCondition::healthy;
    }
    spec.depends_on[name] = dependency;
  }
  if (random_.chance(12)) spec.depends_on[kMountUnit].restart = random_.chance(40);
  if (random_.chance(8)) spec.depends_on[kOneshotUnit].condition = DependencyCondition::completed;
}

void Definitions::edit_networks(DesiredState& desired) {
  NetworkSpec network;
  const bool lan = random_.chance(60);
  if (!lan)
    network = *desired.networks.at("default");
  else
    network.name = "lan";
  network.subnet = "10." + std::to_string(++subnet_) + ".0.0/16";
  network.nat = random_.chance(70);
  desired.networks[network.name] = freeze(network);
}

// The others may keep pointing to it: a last good definition whose dependency's file is gone.
void Definitions::remove_one(DesiredState& desired) {
  if (desired.containers.empty()) return;
  auto victim = desired.containers.begin();
  std::advance(victim, random_.between(0, static_cast<int>(desired.containers.size()) - 1));
  const std::string name = victim->first;
  desired.containers.erase(victim);
  if (random_.chance(30)) return;
  for (auto& [other, spec] : desired.containers) {
    if (!spec->depends_on.contains(name)) continue;
    ContainerSpec changed = *spec;
    changed.depends_on.erase(name);
    spec = freeze(changed);
  }
}

// Who may depend on whom is drawn anew: together with what still runs by older definitions, that
// makes cycles.
void Definitions::reorder(DesiredState& desired) {
  shuffle(random_, names_);
  for (auto& [name, spec] : desired.containers) {
    ContainerSpec changed = *spec;
    draw_dependencies(changed, desired);
    spec = freeze(changed);
  }
}

void Definitions::edit_one(ContainerSpec& spec, const DesiredState& desired) {
  switch (random_.between(0, 12)) {
    case 12: draw_files(spec); break;
    case 0:
      spec.limits.memory = Bytes{static_cast<std::uint64_t>(random_.between(1, 64)) << 20};
      break;
    case 1: spec.environment["X"] = std::to_string(random_.between(0, 1000)); break;
    case 2: draw_networks(spec, desired); break;
    case 3: spec.rootfs = "/srv/" + std::to_string(random_.between(0, 9)); break;
    case 4: draw_dependencies(spec, desired); break;
    case 5: draw_health(spec); break;
    case 6: draw_restart(spec); break;
    case 7: spec.autostart = !spec.autostart; break;
    case 8: spec.type = random_.chance(50) ? ContainerType::oneshot : ContainerType::service; break;
    case 9: spec.stop_timeout = random_.milliseconds(0, 5000); break;
    case 10: draw_ports(spec); break;
    default: spec.groups = {"g" + std::to_string(random_.between(0, 9))}; break;
  }
}

void Definitions::edit(DesiredState& desired) {
  ++desired.generation;
  const std::int64_t edits = random_.between(1, 4);
  for (std::int64_t i = 0; i < edits; ++i) {
    if (random_.chance(10))
      remove_one(desired);
    else if (random_.chance(5))
      edit_networks(desired);
    else if (random_.chance(4))
      reorder(desired);
    else {
      const std::string& name = random_.pick(names_);
      const auto found = desired.containers.find(name);
      if (found == desired.containers.end()) {
        desired.containers[name] = freeze(make(name, desired));
      } else if (random_.chance(95)) {
        ContainerSpec changed = *found->second;
        edit_one(changed, desired);
        found->second = freeze(changed);
      } else {
        found->second = freeze(ContainerSpec(*found->second));  // the same, read once more
      }
    }
  }
}

}  // namespace berth::simulation
