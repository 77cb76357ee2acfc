// Which containers an operator means by names and groups. Pure.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "supervisor/plan/state.h"

namespace berth::control {

// An error of a call, as it travels over D-Bus: org.berth.Error.NAME with a message for people.
struct CallError {
  std::string name;     // "NoSuchContainer", "NoSuchGroup", "NothingSelected", "ShuttingDown", ...
  std::string message;  // "there is no container \"wbe\" (did you mean \"web\"?)"
  bool operator==(const CallError&) const = default;
};
template <class T>
using CallResult = std::expected<T, CallError>;

struct Selection {
  std::vector<std::string> names;
  std::vector<std::string> groups;
};

// The containers that are meant, each once, names first as given, then groups by name. Names must
// be desired, or (with `also_leaving`, for stop) still run without a definition.
CallResult<std::vector<std::string>> select(const DesiredState& desired,
                                            const ObservedState& observed,
                                            const Selection& selection, bool also_leaving);

// NoSuchContainer, with the nearest known name if one is near.
CallError no_such_container(const DesiredState& desired, const ObservedState& observed,
                            const std::string& name);

}  // namespace berth::control
