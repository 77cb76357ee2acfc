// Random definitions, and random edits of them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "supervisor/plan/state.h"
#include "tests/simulation/random.h"

namespace berth::simulation {

// The files of the host that containers refer to.
inline const std::vector<std::string> kFiles{"/f/0", "/f/1", "/f/2"};
// The units of systemd that they depend on: one that stays active, and a oneshot.
inline const std::string kMountUnit = "systemd:u.mount";
inline const std::string kOneshotUnit = "systemd:u.service";

// The ports of the host that they publish.
inline const std::vector<std::uint16_t> kPorts{80, 81, 82, 83};

class Definitions {
 public:
  explicit Definitions(Random& random);

  // A first set of one to eight containers.
  void fill(DesiredState& desired);
  // One generation: some files added, removed or edited, keys of any cost.
  void edit(DesiredState& desired);

 private:
  ContainerSpec make(const std::string& name, const DesiredState& desired);
  void edit_one(ContainerSpec& spec, const DesiredState& desired);
  void draw_dependencies(ContainerSpec& spec, const DesiredState& desired);
  void draw_health(ContainerSpec& spec);
  void draw_restart(ContainerSpec& spec);
  void draw_files(ContainerSpec& spec);
  void draw_ports(ContainerSpec& spec);
  void draw_networks(ContainerSpec& spec, const DesiredState& desired);
  void edit_networks(DesiredState& desired);
  void remove_one(DesiredState& desired);
  void reorder(DesiredState& desired);
  [[nodiscard]] std::size_t position(const std::string& name) const;

  Random& random_;
  std::vector<std::string> names_;  // a container depends on earlier ones only
  int subnet_ = 0;
};

// A container that runs for ever, on the default network.
ContainerSpec plain_spec(const std::string& name);
// The default network alone.
DesiredState empty_desired();

}  // namespace berth::simulation
