#include "supervisor/execute/executor.h"

#include <string>
#include <vector>

#include <doctest/doctest.h>

namespace berth {

namespace {

class RecordingHost final : public Host {
 public:
  void submit(const Action& action) override { submitted.push_back(action.subject); }
  std::vector<std::string> submitted;
};

}  // namespace

TEST_CASE("a plan is handed to the host in its order, and remembered as under way") {
  const auto spec = std::make_shared<const ContainerSpec>();
  Plan plan;
  plan.actions.push_back(Action{"b", action::Launch{spec, 7}, "test", {}});
  plan.actions.push_back(Action{"a", action::CreateSandbox{spec}, "test", {}});
  RecordingHost host;
  const ObservedState observed = carry_out(plan, ObservedState(), host, Instant());
  CHECK(host.submitted == std::vector<std::string>{"b", "a"});
  CHECK(observed.containers.at("b").busy == Task::launch);
  CHECK(observed.containers.at("b").launch_id == 7);
  CHECK(observed.containers.at("a").busy == Task::create_sandbox);
  CHECK(observed.next_launch_id == 8);
}

}  // namespace berth
