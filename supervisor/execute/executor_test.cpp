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

class FewRecords final : public Records {
 public:
  Result<void> keep(const Action& action, const ObservedState& observed) override {
    if (action.subject == refused) return fail("No space left on device");
    kept.emplace_back(action.subject, observed.containers.at(action.subject).busy);
    return {};
  }
  std::string refused;
  std::vector<std::pair<std::string, std::optional<Task>>> kept;
};

}  // namespace

TEST_CASE("a plan is handed to the host in its order, and remembered as under way") {
  const auto spec = std::make_shared<const ContainerSpec>();
  Plan plan;
  plan.actions.push_back(Action{"b", action::Launch{spec, 7}, "test", {}});
  plan.actions.push_back(Action{"a", action::CreateSandbox{spec, 8}, "test", {}});
  RecordingHost host;
  FewRecords records;
  const ObservedState observed = carry_out(plan, ObservedState(), host, records, Instant());
  CHECK(host.submitted == std::vector<std::string>{"b", "a"});
  CHECK(observed.containers.at("b").busy == Task::launch);
  CHECK(observed.containers.at("b").launch_id == 7);
  CHECK(observed.containers.at("a").busy == Task::create_sandbox);
  CHECK(observed.next_launch_id == 9);
  CHECK(records.kept.front() == std::pair<std::string, std::optional<Task>>("b", Task::launch));
}

TEST_CASE("what cannot be recorded is not done, and has failed") {
  Plan plan;
  plan.actions.push_back(
      Action{"b", action::Launch{std::make_shared<const ContainerSpec>(), 7}, "test", {}});
  plan.actions.push_back(Action{"b", action::Stop{7, Signal(), false}, "test", {}});
  RecordingHost host;
  FewRecords records;
  records.refused = "b";
  const ObservedState observed = carry_out(plan, ObservedState(), host, records, Instant());
  // The signal needs no record.
  CHECK(host.submitted == std::vector<std::string>{"b"});
  CHECK_FALSE(observed.containers.at("b").busy);
  CHECK(observed.containers.at("b").error.find("No space left") != std::string::npos);
}

}  // namespace berth
