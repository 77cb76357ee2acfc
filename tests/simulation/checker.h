// Checker: what must never happen, asked before each action, and what must be so at rest.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

#include "supervisor/plan/state.h"
#include "tests/simulation/knowledge.h"
#include "tests/simulation/simulated_host.h"

namespace berth::simulation {

class Checker {
 public:
  Checker(const DesiredState& desired, const Knowledge& knowledge, const World& world,
          const Instant& now)
      : desired_(desired), knowledge_(knowledge), world_(world), now_(now) {}

  // Safety: the first violation stays in `problem`.
  void check(const Action& action);
  // At rest, without faults: what should run runs as it is defined, nothing else is left.
  void check_rest(const ObservedState& observed);
  void check_gone();

  std::optional<std::string> problem;

 private:
  void check_deed(const std::string& name, const action::CreateNetwork& deed);
  void check_deed(const std::string& name, const action::RemoveNetwork& deed);
  void check_deed(const std::string& name, const action::CreateSandbox& deed);
  void check_deed(const std::string& name, const action::RemoveSandbox& deed);
  void check_deed(const std::string& name, const action::Launch& deed);
  void check_deed(const std::string& name, const action::Stop& deed);
  void check_deed(const std::string& name, const action::Kill& deed);
  void check_deed(const std::string& name, const action::CleanUp& deed);
  void check_deed(const std::string& name, const action::Update& deed);
  void check_deed(const std::string& name, const action::Check& deed);
  void check_deed(const std::string& name, const action::Reload& deed);
  void check_deed(const std::string& name, const action::WatchFiles& deed);
  void check_deed(const std::string& name, const action::WatchUnits& deed);
  void check_deed(const std::string& name, const action::StartUnit& deed);
  void check_deed(const std::string& name, const action::RemoveRoot& deed);
  void check_deed(const std::string& name, const action::ApplyView& deed);
  void check_deed(const std::string& name, const action::Probe& deed);

  void expect(bool good, const std::string& sentence);
  void check_idle(const std::string& name);
  void check_may_start(const std::string& name, const SpecPtr& spec);
  // At rest: its process has the content that the files have.
  void check_content(const std::string& name, const ContainerSpec& spec);
  void check_networks(const std::string& name, const ContainerSpec& spec);
  void check_stop_has_cause(const std::string& name, const action::Stop& deed);
  void check_stop_order(const std::string& name, const action::Stop& deed);
  [[nodiscard]] SpecPtr desired(const std::string& name) const;
  [[nodiscard]] bool met(const std::string& name, DependencyCondition condition) const;
  [[nodiscard]] bool unit_met(const std::string& name, DependencyCondition condition) const;
  [[nodiscard]] bool wanted(const std::string& name) const;
  [[nodiscard]] bool is_to_go(const std::string& name) const;
  // The one is stopped with the other, by its definition and by that which it runs by.
  [[nodiscard]] bool goes_with(const std::string& name, const std::string& dependency) const;
  // By what runs, not by what is desired.
  [[nodiscard]] bool depends(const std::string& name, const std::string& on,
                             std::set<std::string>& seen) const;
  // What should be up at rest, by the definitions alone.
  [[nodiscard]] bool should_be_up(const std::string& name) const;

  const DesiredState& desired_;
  const Knowledge& knowledge_;
  const World& world_;
  const Instant& now_;
};

}  // namespace berth::simulation
