// What must be true of a set of definitions as a whole: dependencies that exist and can hold, no
// cycle, no port, address, subnet or link claimed twice.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "supervisor/definition/load.h"

namespace berth::definition {

using ContainerMap = std::map<std::string, std::shared_ptr<const ContainerSpec>>;
using NetworkMap = std::map<std::string, std::shared_ptr<const NetworkSpec>>;

// One way in which a container does not fit.
struct Misfit {
  std::string container;  // whose definition is at fault
  std::string winner;     // the container that has what it claims; empty when there is none
  // A container that runs may go on like this: something it refers to is gone or different.
  bool tolerable = false;
  Diagnostic diagnostic;
};

struct SetView {
  const ContainerMap& containers;
  const NetworkMap& networks;
  // Names that have a file without a good definition, and its path. When `quiet`, references to
  // them are in order: the file itself has been complained about.
  const std::map<std::string, std::string>& bad;
  const std::map<std::string, std::string>& bad_networks;
  bool quiet = false;
  // Who had a port or address before has the better claim, and of two definitions that do not
  // fit together the one that changed is at fault. Null: by name.
  const ContainerMap* previous = nullptr;
};

std::vector<Misfit> check_set(const SetView& set);

// The parts of it.
void check_dependencies(const SetView& set, std::vector<Misfit>& misfits);
void check_cycles(const SetView& set, std::vector<Misfit>& misfits);
void check_ports(const SetView& set, std::vector<Misfit>& misfits);
void check_networks(const SetView& set, std::vector<Misfit>& misfits);

// What keeps this network from standing beside the others, if anything does.
std::optional<Diagnostic> check_network(const NetworkSpec& network, const NetworkMap& others);

// True when the container's definition is the one that was accepted before.
bool is_unchanged(const SetView& set, const ContainerSpec& spec);

Misfit misfit(const ContainerSpec& spec, const std::string& key, std::string problem,
              std::string remedy);

}  // namespace berth::definition
