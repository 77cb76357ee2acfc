#include "tests/simulation/graphs.h"

#include <array>
#include <vector>

#include "tests/simulation/definitions.h"
#include "tests/simulation/driver.h"

namespace berth::simulation {

using namespace std::chrono_literals;

namespace {

enum class Link { none, started, healthy, completed };
constexpr std::array kLinks{Link::none, Link::started, Link::healthy, Link::completed};

struct GraphCase {
  std::size_t size = 0;
  std::vector<Link> links;  // of each pair, the later one depends on the earlier one
  bool restart = false;
};

// The names are against the order of dependencies, and so is start_order.
std::string name_at(const GraphCase& graph, std::size_t index) {
  return std::string(1, static_cast<char>('a' + (graph.size - 1 - index)));
}

// Null when one wants a container to be a service and another one wants it to be a oneshot.
std::optional<std::vector<ContainerSpec>> make_specs(const GraphCase& graph) {
  std::vector<ContainerSpec> specs;
  std::vector<bool> must_complete(graph.size), must_be_healthy(graph.size);
  std::size_t pair = 0;
  for (std::size_t i = 0; i < graph.size; ++i) {
    ContainerSpec spec = plain_spec(name_at(graph, i));
    spec.start_order = -static_cast<std::int64_t>(i);
    spec.restart.policy = RestartPolicy::always;
    for (std::size_t other = 0; other < i; ++other) {
      const Link link = graph.links[pair++];
      if (link == Link::none) continue;
      if (link == Link::completed) must_complete[other] = true;
      if (link == Link::healthy) must_be_healthy[other] = true;
      const auto condition = static_cast<DependencyCondition>(static_cast<int>(link) -
                                                              static_cast<int>(Link::started));
      spec.depends_on[name_at(graph, other)] = DependencySpec{condition, graph.restart};
    }
    specs.push_back(spec);
  }
  for (std::size_t i = 0; i < graph.size; ++i) {
    if (must_complete[i] && must_be_healthy[i]) return std::nullopt;
    if (must_complete[i]) specs[i].type = ContainerType::oneshot;
    if (must_be_healthy[i]) specs[i].healthcheck.tcp = ":80";
  }
  return specs;
}

std::string describe_graph(const std::vector<ContainerSpec>& specs) {
  std::string text;
  for (const ContainerSpec& spec : specs) {
    text += " " + spec.name + ":";
    for (const auto& [other, how] : spec.depends_on) {
      text += other + std::to_string(static_cast<int>(how.condition)) + (how.restart ? "r" : "");
    }
  }
  return text;
}

void rest(Driver& driver) {
  if (driver.problem()) return;
  driver.run_to_rest(10min);
  if (!driver.problem()) driver.checker.check_rest(driver.observed);
}

std::optional<std::string> run_graph(const std::vector<ContainerSpec>& specs) {
  Driver driver(1, Defect::none, false);
  for (const ContainerSpec& spec : specs) {
    driver.desired.containers[spec.name] = std::make_shared<const ContainerSpec>(spec);
  }
  driver.desired_changed("graph");
  rest(driver);
  for (const ContainerSpec& spec : specs) {
    driver.host.crash(spec.name, ExitStatus{ExitStatus::Kind::signaled, 9, false});
    for (const Event& event : driver.host.take_due()) driver.apply(event);
    rest(driver);
  }
  for (const ContainerSpec& spec : specs) {
    driver.apply(event::OperatorRestart{spec.name});
    rest(driver);
  }
  driver.desired.shutting_down = true;
  driver.desired_changed("shutdown");
  driver.run_to_end(10min);
  if (!driver.problem()) return std::nullopt;
  return "graph" + describe_graph(specs) + ": " + *driver.problem();
}

// The next assignment of links, as one counts; false after the last.
bool next_links(std::vector<Link>& links) {
  for (Link& link : links) {
    const auto next = static_cast<std::size_t>(link) + 1;
    if (next < kLinks.size()) {
      link = kLinks[next];
      return true;
    }
    link = Link::none;
  }
  return false;
}

}  // namespace

GraphsResult run_all_graphs() {
  constexpr std::size_t kMaxSize = 4;
  GraphsResult result;
  for (std::size_t size = 1; size <= kMaxSize; ++size) {
    for (const bool restart : {false, true}) {
      GraphCase graph{size, std::vector<Link>(size * (size - 1) / 2, Link::none), restart};
      do {
        const auto specs = make_specs(graph);
        if (!specs) continue;
        ++result.graphs;
        result.problem = run_graph(*specs);
        if (result.problem) return result;
      } while (next_links(graph.links));
    }
  }
  return result;
}

}  // namespace berth::simulation
