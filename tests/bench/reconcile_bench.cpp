// How long a reconcile takes that finds nothing to do, over 10,000 containers: once with the
// very specs that run, once with definitions that were read again and are the same.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>

#include "supervisor/plan/advance.h"
#include "supervisor/plan/reconcile.h"

namespace {

using namespace berth;

int containers = 10000;
constexpr int kRuns = 15;

ContainerSpec make_spec(int number) {
  ContainerSpec spec;
  spec.name = "container-" + std::to_string(number);
  spec.root_template = "host";
  spec.command = {"serve", "--port", std::to_string(number)};
  spec.environment = {{"TZ", "UTC"}, {"NUMBER", std::to_string(number)}};
  spec.healthcheck.tcp = ":80";
  if (number % 10 == 0) spec.ports.push_back(PortSpec{"127.0.0.1", 80, 80, Protocol::tcp});
  if (number > 0) spec.depends_on["container-" + std::to_string(number / 2)] = {};
  if (number > 9) spec.depends_on["container-" + std::to_string(number - 7)] = {};
  return spec;
}

DesiredState make_desired() {
  DesiredState desired;
  NetworkSpec network;
  network.name = "default";
  network.bridge = "berth0";
  network.subnet = "10.88.0.0/16";
  desired.networks["default"] = std::make_shared<const NetworkSpec>(network);
  for (int i = 0; i < containers; ++i) {
    ContainerSpec spec = make_spec(i);
    const std::string name = spec.name;
    desired.containers[name] = std::make_shared<const ContainerSpec>(std::move(spec));
  }
  return desired;
}

// As if everything had been started and answered.
ObservedState make_observed(const DesiredState& desired, Instant now) {
  ObservedState observed;
  ObservedNetwork& network = observed.networks["default"];
  network.presence = Presence::present;
  network.spec = desired.networks.at("default");
  int number = 0;
  for (const auto& [name, spec] : desired.containers) {
    ObservedContainer& container = observed.containers[name];
    ++number;
    container.spec = container.sandbox_spec = container.root_spec = container.ports_spec = spec;
    container.sandbox = Presence::present;
    container.addresses = {"10.88." + std::to_string(number / 250) + "." +
                           std::to_string(number % 250 + 2)};
    container.root = container.remains = true;
    container.launch_id = static_cast<std::uint64_t>(number);
    container.pid = number;
    container.phase = Phase::ready;
    container.health = Health::healthy;
    container.ready_at = now;
    container.next_probe = now + std::chrono::seconds(10);
  }
  // By launch, dependencies were first; no definition here asks for a restart with them.
  Plan plan = reconcile(desired, observed, now);
  for (Action& action : plan.actions) {
    if (auto* view = std::get_if<action::ApplyView>(&action.deed)) {
      observed = advance(std::move(observed), event::ViewApplied{view->view}, now);
    }
  }
  return observed;
}

// False: there was something to do, so that something else was measured.
bool measure(const char* what, const DesiredState& desired, const ObservedState& observed,
             Instant now) {
  std::array<double, kRuns> milliseconds{};
  std::size_t actions = 0;
  for (double& result : milliseconds) {
    const std::clock_t begin = std::clock();  // of the processor: the machine may do other things
    actions = reconcile(desired, observed, now).actions.size();
    result = 1e3 * static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
  }
  std::ranges::sort(milliseconds);
  std::printf("%d containers, %s: best %.2f ms, median %.2f ms (%zu actions)\n", containers, what,
              milliseconds.front(), milliseconds[kRuns / 2], actions);
  return actions == 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) containers = std::max(1, std::atoi(argv[1]));
  const Instant now = Instant() + std::chrono::hours(1);
  const DesiredState desired = make_desired();
  const ObservedState observed = make_observed(desired, now);
  const bool same = measure("the same specs", desired, observed, now);
  const bool again = measure("specs read again", make_desired(), observed, now);
  return same && again ? EXIT_SUCCESS : EXIT_FAILURE;
}
