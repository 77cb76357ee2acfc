// ObservedWriter: what is observed of a container, a network or a unit, as a JSON object. Members
// that say nothing are left out; instants are nanoseconds after one that is given.
#pragma once

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "supervisor/model/values.h"
#include "supervisor/record/json_text.h"
#include "supervisor/record/observed_members.h"
#include "supervisor/record/spec_json.h"

namespace berth::record {

// put_spec(spec) writes a spec that is not null, in whatever form the document has it.
template <class Spec, class PutSpec>
class ObservedWriter {
 public:
  ObservedWriter(JsonText& json, Instant now, const PutSpec& put_spec)
      : json_(json), now_(now), put_spec_(put_spec) {}

  template <class T>
  void write(const T& observed) {
    static const T kNothing{};
    json_.begin_object();
    // Both visits go through the members in the same order.
    std::vector<bool> says_something;
    compare(observed, kNothing, says_something);
    std::size_t index = 0;
    observed_members(observed, [&](const char* name, const auto& member) {
      if (!says_something[index++]) return;
      json_.key(name);
      put(member);
    });
    json_.end_object();
  }

 private:
  template <class T>
  static void compare(const T& observed, const T& nothing, std::vector<bool>& differs) {
    std::vector<const void*> defaults;
    observed_members(nothing,
                     [&](const char*, const auto& member) { defaults.push_back(&member); });
    std::size_t index = 0;
    observed_members(observed, [&](const char*, const auto& member) {
      using Member = std::remove_cvref_t<decltype(member)>;
      differs.push_back(differ(member, *static_cast<const Member*>(defaults[index++])));
    });
  }

  template <class T>
  static bool differ(const T& left, const T& right) {
    return !(left == right);
  }
  static bool differ(const Appointment& left, const Appointment& right) {
    std::vector<bool> differs;
    compare(left, right, differs);
    return std::ranges::find(differs, true) != differs.end();
  }

  void put(bool value) { json_.flag(value); }
  void put(int value) { json_.number(static_cast<std::int64_t>(value)); }
  void put(unsigned value) { json_.number(static_cast<std::uint64_t>(value)); }
  void put(std::uint64_t value) { json_.number(value); }
  void put(const std::string& value) { json_.text(value); }
  void put(Instant value) { json_.number(static_cast<std::int64_t>((value - now_).count())); }
  void put(WallTime value) {
    json_.number(static_cast<std::int64_t>(value.time_since_epoch().count()));
  }
  void put(const ExitStatus& value) { write(value); }
  void put(const Appointment& value) { write(value); }
  void put(const std::vector<Calendar>& values) {
    json_.begin_list();
    for (const Calendar& value : values) json_.text(format_value(value));
    json_.end_list();
  }
  template <class E>
    requires std::is_enum_v<E>
  void put(E value) {
    json_.text(state_word(value));
  }
  template <class T>
  void put(const std::optional<T>& value) {
    put(*value);
  }
  void put(const std::vector<std::string>& values) {
    json_.begin_list();
    for (const std::string& value : values) json_.text(value);
    json_.end_list();
  }
  void put(const std::map<std::string, std::string>& values) {
    json_.begin_object();
    for (const auto& [name, value] : values) {
      json_.key(name);
      json_.text(value);
    }
    json_.end_object();
  }
  void put(const std::map<std::string, std::uint64_t>& values) {
    json_.begin_object();
    for (const auto& [name, value] : values) {
      json_.key(name);
      json_.number(value);
    }
    json_.end_object();
  }
  void put(const std::deque<Instant>& values) {
    json_.begin_list();
    for (const Instant value : values) put(value);
    json_.end_list();
  }
  void put(const std::shared_ptr<const Spec>& spec) { put_spec_(spec); }

  JsonText& json_;
  Instant now_;
  const PutSpec& put_spec_;
};

}  // namespace berth::record
