#include "supervisor/definition/dependency_name.h"

#include <algorithm>
#include <vector>

#include "supervisor/definition/shapes.h"
#include "supervisor/model/unit_name.h"

namespace berth::definition {

namespace {

bool is_unit_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view(":-_.\\@").find(c) != std::string_view::npos;
}

std::optional<Complaint> check_unit_name(std::string_view unit) {
  const std::vector<std::string_view> types(kUnitTypes.begin(), kUnitTypes.end());
  if (unit.empty()) return Complaint{"\"systemd:\" names no unit", "\"systemd:srv-media.mount\""};
  const auto wrong = std::ranges::find_if_not(unit, is_unit_character);
  if (wrong != unit.end()) {
    return Complaint{"the name of a unit of systemd cannot have " + quote({&*wrong, 1}) + " in it",
                     "systemd-escape writes other characters, as in \"srv-my\\x2ddata.mount\""};
  }
  if (unit_type(unit).empty()) {
    return Complaint{
        quote(unit) + " does not end in a type of unit, which is one of " + alternatives(types),
        "\"systemd:" + std::string(unit) + ".service\""};
  }
  if (unit.size() > kUnitNameMax) {
    return Complaint{"the name of a unit of systemd has at most 255 characters", ""};
  }
  const std::string_view plain = unit.substr(0, unit.rfind('.'));
  if (plain.empty() || plain.starts_with('@')) {
    return Complaint{quote(unit) + " is a type of unit without a name", ""};
  }
  if (plain.ends_with('@') && plain.find('@') == plain.size() - 1) {
    return Complaint{quote(unit) + " is a template, which is never active itself",
                     "name an instance: \"systemd:" + std::string(plain) + "NAME." +
                         std::string(unit_type(unit)) + "\""};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Complaint> check_dependency_name(std::string_view name) {
  if (names_unit(name)) return check_unit_name(name.substr(kUnitPrefix.size()));
  return check_shape(Shape::container_name, name);
}

std::optional<Complaint> check_dependency_condition(std::string_view name,
                                                    DependencyCondition condition) {
  if (!names_unit(name)) return std::nullopt;
  if (condition == DependencyCondition::healthy) {
    return Complaint{"systemd knows no health of a unit",
                     "started: the unit is active, which a service of Type=notify is when it says "
                     "that it is ready"};
  }
  if (condition == DependencyCondition::completed && unit_type(name) != "service") {
    return Complaint{"only a service of systemd is ever completed", "started: the unit is active"};
  }
  return std::nullopt;
}

}  // namespace berth::definition
