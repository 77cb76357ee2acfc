#include "supervisor/model/member_changes.h"

#include <algorithm>

#include "supervisor/model/values.h"

namespace berth {

namespace {

// A name as part of a path: bare where it can be, else quoted, as in messages about definitions.
std::string path_of_member(std::string_view key, const std::string& name) {
  const bool bare = !name.empty() && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
  });
  return std::string(key) + "." + (bare ? name : "\"" + name + "\"");
}

std::string path_of_item(std::string_view key, std::size_t index) {
  return std::string(key) + "[" + std::to_string(index) + "]";
}

// Collects the changes of one key.
class Members {
 public:
  Members(std::string_view key, Cost cost, Part part, bool whole, std::vector<KeyChange>& changes)
      : key_(key), cost_(cost), part_(part), whole_(whole), changes_(changes) {}

  template <class T>
  void compare(const T& before, const T& after) {
    if (!(before == after)) add(std::string(key_), format_value(before), format_value(after));
  }

  template <class T>
  void compare(const std::map<std::string, T>& before, const std::map<std::string, T>& after) {
    for (const auto& [name, value] : before) {
      const auto found = after.find(name);
      if (found == after.end()) {
        add(path_of_member(key_, name), written(value), "");
      } else if (!(value == found->second)) {
        add(path_of_member(key_, name), written(value), written(found->second));
      }
    }
    for (const auto& [name, value] : after) {
      if (!before.contains(name)) add(path_of_member(key_, name), "", written(value));
    }
  }

  template <class T>
  void compare(const std::vector<T>& before, const std::vector<T>& after) {
    if (whole_) {
      if (before != after) add(std::string(key_), format_value(before), format_value(after));
      return;
    }
    const std::size_t shorter = std::min(before.size(), after.size());
    std::size_t front = 0;
    while (front < shorter && before[front] == after[front]) ++front;
    std::size_t back = 0;
    while (back < shorter - front &&
           before[before.size() - 1 - back] == after[after.size() - 1 - back]) {
      ++back;
    }
    const std::size_t old_end = before.size() - back;
    const std::size_t new_end = after.size() - back;
    for (std::size_t i = front; i < std::max(old_end, new_end); ++i) {
      if (i < old_end && i < new_end && before[i] == after[i]) continue;
      add(path_of_item(key_, i), i < old_end ? written(before[i]) : "",
          i < new_end ? written(after[i]) : "");
    }
  }

 private:
  // A member that is there and has an empty text is not one that is unset.
  template <class T>
  static std::string written(const T& value) {
    std::string text = format_value(value);
    return text.empty() ? "\"\"" : text;
  }

  void add(std::string path, std::string before, std::string after) {
    changes_.push_back(
        KeyChange{std::move(path), std::move(before), std::move(after), cost_, part_});
  }

  std::string_view key_;
  Cost cost_;
  Part part_;
  bool whole_;
  std::vector<KeyChange>& changes_;
};

template <class Owner>
std::vector<KeyChange> changed(std::span<const Key<Owner>> keys, const Owner& before,
                               const Owner& after) {
  std::vector<KeyChange> changes;
  for (const Key<Owner>& key : keys) {
    const bool whole = key.shape == Shape::command || key.shape == Shape::hook;
    Members members(key.name, key.cost, key.part, whole, changes);
    // The accessors take a mutable owner because decoding writes through them.
    std::visit(
        [&](auto field) {
          members.compare(std::as_const(field(const_cast<Owner&>(before))),
                          std::as_const(field(const_cast<Owner&>(after))));
        },
        key.field);
  }
  return changes;
}

}  // namespace

std::vector<KeyChange> changed_members(const ContainerSpec& before, const ContainerSpec& after) {
  return changed(container_keys(), before, after);
}

std::vector<KeyChange> changed_members(const NetworkSpec& before, const NetworkSpec& after) {
  return changed(network_keys(), before, after);
}

SourcePos where_of(const NetworkSpec& spec, const std::string& key) {
  const auto found = spec.where.find(key);
  if (found != spec.where.end()) return found->second;
  const auto whole = spec.where.find("");
  return whole == spec.where.end() ? SourcePos{} : whole->second;
}

}  // namespace berth
