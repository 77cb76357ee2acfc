// Which keys differ between two specs, and how their values are written.
#include "supervisor/model/keys.h"
#include "supervisor/model/values.h"

namespace berth {

namespace {

// The field accessors take a mutable owner because decoding writes through them; reading through
// them changes nothing.
template <class T>
const T& field_of(FieldOf<ContainerSpec, T> field, const ContainerSpec& spec) {
  return field(const_cast<ContainerSpec&>(spec));
}

bool same_value(const Key<ContainerSpec>& key, const ContainerSpec& left,
                const ContainerSpec& right) {
  return std::visit([&](auto field) { return field_of(field, left) == field_of(field, right); },
                    key.field);
}

}  // namespace

std::string_view name_of(Cost cost) {
  switch (cost) {
    case Cost::none: return "none";
    case Cost::live: return "live";
    case Cost::reload: return "reload";
    case Cost::restart: return "restart";
    case Cost::recreate: return "recreate";
  }
  return "?";
}

std::string format_key(const Key<ContainerSpec>& key, const ContainerSpec& spec) {
  return std::visit([&](auto field) { return format_value(field_of(field, spec)); }, key.field);
}

std::vector<KeyChange> changed_keys(const ContainerSpec& before, const ContainerSpec& after) {
  std::vector<KeyChange> changes;
  for (const auto& key : container_keys()) {
    if (same_value(key, before, after)) continue;
    changes.push_back(KeyChange{std::string(key.name), format_key(key, before),
                                format_key(key, after), key.cost, key.part});
  }
  return changes;
}

ContainerSpec with_live_keys(const ContainerSpec& running, const ContainerSpec& wanted) {
  ContainerSpec merged = running;
  for (const auto& key : container_keys()) {
    if (key.cost > Cost::live) continue;
    std::visit([&](auto field) { field(merged) = field_of(field, wanted); }, key.field);
  }
  merged.sources = wanted.sources;
  merged.where = wanted.where;
  return merged;
}

bool same_definition(const ContainerSpec& left, const ContainerSpec& right) {
  if (&left == &right) return true;
  for (const auto& key : container_keys()) {
    if (!same_value(key, left, right)) return false;
  }
  return true;
}

}  // namespace berth
