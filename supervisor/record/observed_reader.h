// ObservedReader: what ObservedWriter wrote, read back. Whatever is not as it should be is a
// complaint, and the first one is kept.
#pragma once

#include <concepts>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/base/zone_file.h"
#include "supervisor/definition/decode.h"
#include "supervisor/definition/report.h"
#include "supervisor/record/json_tree.h"
#include "supervisor/record/observed_members.h"

namespace berth::record {

// What a whole document shares.
struct Reading {
  std::string problem;  // the first; empty: none
  Instant now{};        // what instants are relative to
  WallClockPtr wall;    // the clock of appointments; may be null

  void complain(const std::string& what) {
    if (problem.empty()) problem = what;
  }
};

// A spec, by the code that decodes definition files; null, with a complaint, when it is none.
template <class Spec, class Decode>
std::shared_ptr<const Spec> read_spec(Reading& reading, const Value& value,
                                      const std::string& subject, Decode decode) {
  if (value.get<Table>() == nullptr) {
    reading.complain(subject + " has no definition where one belongs");
    return nullptr;
  }
  definition::Report report("", "");
  auto spec = std::make_shared<Spec>(decode(value, report));
  if (report.failed()) {
    const Diagnostic first = std::move(report).take().front();
    reading.complain(subject + ": " + first.key + ": " + first.problem);
  }
  // Nothing was written where the document has it.
  spec->where.clear();
  return spec;
}

inline SpecPtr read_container_spec(Reading& reading, const Value& value, const std::string& name) {
  return read_spec<ContainerSpec>(reading, value, "container " + name,
                                  [&](const Value& root, definition::Report& report) {
                                    return definition::decode_container(root, name, report);
                                  });
}

inline NetworkPtr read_network_spec(Reading& reading, const Value& value, const std::string& name) {
  return read_spec<NetworkSpec>(reading, value, "network " + name,
                                [&](const Value& root, definition::Report& report) {
                                  return definition::decode_network(root, name, report);
                                });
}

// take_spec(value) makes a spec of what put_spec wrote.
template <class Spec, class TakeSpec>
class ObservedReader {
 public:
  ObservedReader(Reading& reading, std::string name, const TakeSpec& take_spec)
      : reading_(reading), name_(std::move(name)), take_spec_(take_spec) {}

  template <class T>
  void read(const Value& value, T& observed) {
    observed_members(observed, [&](const char* name, auto& member) {
      const Value& found = member_of(value, name);
      if (!is_null(found)) take(found, name, member);
    });
  }

 private:
  void expect(bool good, const char* member) {
    if (!good) reading_.complain(name_ + ": " + member + " is not as it should be");
  }

  void take(const Value& value, const char* member, bool& to) {
    const bool* found = value.get<bool>();
    expect(found != nullptr, member);
    if (found != nullptr) to = *found;
  }
  template <std::integral T>
  void take(const Value& value, const char* member, T& to) {
    const std::int64_t* found = value.get<std::int64_t>();
    const bool fits = found != nullptr && std::in_range<T>(*found);
    expect(fits, member);
    if (fits) to = static_cast<T>(*found);
  }
  void take(const Value& value, const char* member, std::string& to) {
    expect(value.get<std::string>() != nullptr, member);
    to = text_of(value);
  }
  void take(const Value& value, const char* member, Instant& to) {
    std::int64_t after = 0;
    take(value, member, after);
    to = reading_.now + Duration(after);
  }
  void take(const Value& value, const char* member, WallTime& to) {
    std::int64_t since_1970 = 0;
    take(value, member, since_1970);
    to = WallTime(Duration(since_1970));
  }
  void take(const Value& value, const char* member, Calendar& to) {
    auto calendar = parse_calendar(text_of(value), is_zone_name);
    expect(calendar.has_value(), member);
    if (calendar) to = *std::move(calendar);
  }
  void take(const Value& value, const char*, ExitStatus& to) { read(value, to); }
  void take(const Value& value, const char*, Appointment& to) {
    read(value, to);
    to.clock = reading_.wall;
  }
  template <class E>
    requires std::is_enum_v<E>
  void take(const Value& value, const char* member, E& to) {
    const auto known = parse_state_word<E>(text_of(value));
    expect(known.has_value(), member);
    if (known) to = *known;
  }
  template <class T>
  void take(const Value& value, const char* member, std::optional<T>& to) {
    take(value, member, to.emplace());
  }
  template <class T>
  void take(const Value& value, const char* member, std::vector<T>& to) {
    for (const Value& item : items_of(value)) take(item, member, to.emplace_back());
  }
  template <class T>
  void take(const Value& value, const char* member, std::deque<T>& to) {
    for (const Value& item : items_of(value)) take(item, member, to.emplace_back());
  }
  template <class T>
  void take(const Value& value, const char* member, std::map<std::string, T>& to) {
    for (const definition::Member& item : members_of(value)) {
      take(item.value, member, to[item.key]);
    }
  }
  void take(const Value& value, const char*, std::shared_ptr<const Spec>& to) {
    to = take_spec_(value);
  }

  Reading& reading_;
  std::string name_;
  const TakeSpec& take_spec_;
};

}  // namespace berth::record
