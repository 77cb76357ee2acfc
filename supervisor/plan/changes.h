// What a difference between two definitions asks for.
#pragma once

#include <string>
#include <vector>

#include "supervisor/model/keys.h"
#include "supervisor/plan/state.h"

namespace berth::planning {

struct Node;

struct Changes {
  std::vector<KeyChange> keys;
  Cost cost = Cost::none;  // the highest of all keys
  bool sandbox = false;    // the sandbox must be made anew
  bool root = false;       // the writable layer must be made anew
};

// By pointer first: makes nothing when both are the same definition.
bool same(const SpecPtr& left, const SpecPtr& right);
Changes changes_between(const ContainerSpec& before, const ContainerSpec& after);
// Of a container that was started before: between its last start and its definition, and the
// content of the files that they refer to.
Changes changes_of(const Node& node);
bool sandbox_outdated(const ObservedContainer& container, const SpecPtr& desired);
bool root_outdated(const ObservedContainer& container, const SpecPtr& desired);

// Whether a container that rests is to be started because of its new definition, or the new content
// of a file: one that failed by any difference; one that ended well by a key that asks for a
// restart, or when the new restart policy would not have let it rest.
bool new_definition_wakes(const Node& node);

// Bridge or subnet differ: a network that exists must be made anew. (`nat` is the view's.)
bool network_outdated(const ObservedNetwork& observed, const NetworkSpec& desired);

}  // namespace berth::planning
