#include "supervisor/cli/saved_state.h"

#include <memory>

#include <nlohmann/json.hpp>

#include "supervisor/base/zone_file.h"
#include "supervisor/control/observed_members.h"
#include "supervisor/definition/decode.h"
#include "supervisor/definition/report.h"
#include "supervisor/plan/view.h"

namespace berth::cli {

namespace {

using Json = nlohmann::ordered_json;
using definition::Report;
using definition::Value;

// Instants before the document was taken must not be before the clock's beginning.
constexpr Duration kSinceBoot = std::chrono::hours(24 * 365 * 100);

// Anybody may have written the document: what is nested deeper than a definition can be is refused.
Value tree_of(const Json& json, unsigned depth = 0) {
  Value value;
  if (depth > definition::kDepthMost) {
    value.data = definition::Broken{};
    return value;
  }
  if (json.is_boolean()) value.data = json.get<bool>();
  if (json.is_number_integer()) value.data = json.get<std::int64_t>();
  if (json.is_number_float()) value.data = json.get<double>();
  if (json.is_string()) value.data = json.get<std::string>();
  if (json.is_array()) {
    definition::List list;
    for (const Json& item : json) list.push_back(tree_of(item, depth + 1));
    value.data = std::move(list);
  }
  if (json.is_object()) {
    definition::Table table;
    for (const auto& [name, member] : json.items()) {
      table.push_back({name, {}, tree_of(member, depth + 1)});
    }
    value.data = std::move(table);
  }
  return value;
}

const Json& member_of(const Json& object, const char* name) {
  static const Json kNothing;
  if (!object.is_object()) return kNothing;
  const auto found = object.find(name);
  return found == object.end() ? kNothing : *found;
}

std::string text_of(const Json& json) { return json.is_string() ? json.get<std::string>() : ""; }

// Reads the parts of a document; the first mistake stays in `problem`.
class Reader {
 public:
  void complain(const std::string& what) {
    if (problem.empty()) problem = what;
  }

  template <class Spec, class Decode>
  std::shared_ptr<const Spec> decode(const Json& json, const std::string& subject, Decode decoder) {
    const Value root = tree_of(json);
    if (root.get<definition::Table>() == nullptr) {
      complain(subject + " has no definition where one belongs");
      return nullptr;
    }
    Report report("", "");
    auto spec = std::make_shared<Spec>(decoder(root, report));
    const bool failed = report.failed();
    if (failed) {
      const Diagnostic first = std::move(report).take().front();
      complain(subject + ": " + first.key + ": " + first.problem);
    }
    // Nothing was written where the document has it.
    spec->where.clear();
    return spec;
  }

  std::shared_ptr<const ContainerSpec> spec_of(const Json& json, const std::string& name,
                                               const ContainerSpec*) {
    return decode<ContainerSpec>(json, "container " + name, [&](const Value& root, Report& report) {
      return definition::decode_container(root, name, report);
    });
  }
  std::shared_ptr<const NetworkSpec> spec_of(const Json& json, const std::string& name,
                                             const NetworkSpec*) {
    return decode<NetworkSpec>(json, "network " + name, [&](const Value& root, Report& report) {
      return definition::decode_network(root, name, report);
    });
  }

  template <class Spec, class Observed>
  void read_all(const Json& json, std::map<std::string, std::shared_ptr<const Spec>>& accepted,
                std::map<std::string, Observed>& observed);

  std::string problem;
  Instant now;
  WallClockPtr wall;
};

// Reads the members of one observed thing.
template <class Spec>
class ObservedReader {
 public:
  ObservedReader(Reader& reader, std::string name, std::shared_ptr<const Spec> accepted)
      : reader_(reader), name_(std::move(name)), accepted_(std::move(accepted)) {}

  template <class T>
  void read(const Json& json, T& observed) {
    control::observed_members(observed, [&](const char* name, auto& member) {
      const Json& value = member_of(json, name);
      if (!value.is_null()) take(value, name, member);
    });
  }

 private:
  void expect(bool good, const char* member) {
    if (!good) reader_.complain(name_ + ": " + member + " is not as it should be");
  }

  void take(const Json& json, const char* member, bool& value) {
    expect(json.is_boolean(), member);
    if (json.is_boolean()) value = json.get<bool>();
  }
  template <std::integral T>
  void take(const Json& json, const char* member, T& value) {
    expect(json.is_number_integer(), member);
    if (json.is_number_integer()) value = json.get<T>();
  }
  void take(const Json& json, const char* member, std::string& value) {
    expect(json.is_string(), member);
    value = text_of(json);
  }
  void take(const Json& json, const char* member, Instant& value) {
    std::int64_t after = 0;
    take(json, member, after);
    value = reader_.now + Duration(after);
  }
  void take(const Json& json, const char* member, WallTime& value) {
    std::int64_t since_1970 = 0;
    take(json, member, since_1970);
    value = WallTime(Duration(since_1970));
  }
  void take(const Json& json, const char* member, Calendar& value) {
    auto calendar = parse_calendar(text_of(json), is_zone_name);
    expect(calendar.has_value(), member);
    if (calendar) value = *std::move(calendar);
  }
  void take(const Json& json, const char*, ExitStatus& value) { read(json, value); }
  void take(const Json& json, const char*, Appointment& value) {
    read(json, value);
    value.clock = reader_.wall;
  }
  template <class E>
    requires std::is_enum_v<E>
  void take(const Json& json, const char* member, E& value) {
    const auto known = control::parse_state_word<E>(text_of(json));
    expect(known.has_value(), member);
    if (known) value = *known;
  }
  template <class T>
  void take(const Json& json, const char* member, std::optional<T>& value) {
    take(json, member, value.emplace());
  }
  template <class T>
  void take(const Json& json, const char* member, std::vector<T>& values) {
    for (const Json& item : json) take(item, member, values.emplace_back());
  }
  template <class T>
  void take(const Json& json, const char* member, std::deque<T>& values) {
    for (const Json& item : json) take(item, member, values.emplace_back());
  }
  void take(const Json& json, const char* member, std::map<std::string, std::uint64_t>& values) {
    for (const auto& [name, item] : json.items()) take(item, member, values[name]);
  }
  void take(const Json& json, const char* member, std::map<std::string, std::string>& values) {
    for (const auto& [name, item] : json.items()) take(item, member, values[name]);
  }
  void take(const Json& json, const char*, std::shared_ptr<const Spec>& spec) {
    if (json.is_string() && text_of(json) == control::kAcceptedWord) {
      spec = accepted_;
      if (!spec) reader_.complain(name_ + " has no accepted definition");
      return;
    }
    spec = reader_.spec_of(json, name_, static_cast<const Spec*>(nullptr));
  }

  Reader& reader_;
  std::string name_;
  std::shared_ptr<const Spec> accepted_;
};

template <class Spec, class Observed>
void Reader::read_all(const Json& json,
                      std::map<std::string, std::shared_ptr<const Spec>>& accepted,
                      std::map<std::string, Observed>& observed) {
  for (const auto& [name, entry] : json.items()) {
    std::shared_ptr<const Spec> definition;
    if (const Json& written = member_of(entry, "accepted"); !written.is_null()) {
      definition = spec_of(written, name, static_cast<const Spec*>(nullptr));
      accepted[name] = definition;
    }
    const Json& seen = member_of(entry, "observed");
    if (!seen.is_null()) ObservedReader<Spec>(*this, name, definition).read(seen, observed[name]);
  }
}

// What only another program, or another version of this one, could have written.
Result<void> check_kind(const Json& json) {
  if (json.is_discarded() || !json.is_object() ||
      text_of(member_of(json, "document")) != control::kStateDocument) {
    return fail("this is no state document of berth (berth state -o json prints one)");
  }
  const Json& format = member_of(json, "format");
  if (format.is_number_integer() && format.get<std::int64_t>() == control::kStateFormat) return {};
  return fail("it is of format " + format.dump() +
              ", and this berth " BERTH_VERSION " reads format " +
              std::to_string(control::kStateFormat) +
              ": use the berth that belongs to the daemon, " + text_of(member_of(json, "version")));
}

void read_capacity(const Json& json, control::HostCapacity& capacity) {
  const Json& memory = member_of(json, "memory");
  if (memory.is_number_integer()) capacity.memory = memory.get<std::uint64_t>();
  capacity.cpus = text_of(member_of(json, "cpus"));
  for (const Json& each : member_of(json, "controllers")) {
    capacity.controllers.push_back(text_of(each));
  }
}

void read_files(const Json& json, ObservedState& observed) {
  for (const auto& [path, entry] : member_of(json, "files").items()) {
    FileState& file = observed.files[path];
    control::observed_members(file, [&entry = entry](const char* name, std::string& member) {
      member = text_of(member_of(entry, name));
    });
  }
  for (const Json& path : member_of(json, "watched")) observed.watched.insert(text_of(path));
}

void read_units(Reader& reader, const Json& json, ObservedState& observed) {
  for (const auto& [name, entry] : member_of(json, "units").items()) {
    ObservedReader<ContainerSpec>(reader, name, nullptr).read(entry, observed.units[name]);
  }
  for (const Json& name : member_of(json, "watched_units")) {
    observed.watched_units.insert(text_of(name));
  }
}

Result<SavedState> read_state(const Json& json) {
  TRY(check_kind(json));
  SavedState state;
  Reader reader;
  state.now = reader.now = Instant() + kSinceBoot;
  if (const Json& clock = member_of(json, "clock"); clock.is_number_integer()) {
    const Duration offset = Duration(clock.get<std::int64_t>()) - state.now.time_since_epoch();
    reader.wall = std::make_shared<const WallClock>(WallClock{.offset = offset});
    state.observed.wall = reader.wall;
  }
  state.version = text_of(member_of(json, "version"));
  state.taken = text_of(member_of(json, "taken"));
  state.root = text_of(member_of(json, "root"));
  const Json& generation = member_of(json, "generation");
  if (generation.is_number_integer()) state.desired.generation = generation.get<std::uint64_t>();
  const Json& shutting_down = member_of(json, "shutting_down");
  state.desired.shutting_down = shutting_down.is_boolean() && shutting_down.get<bool>();
  const auto settings = reader.decode<HostSpec>(
      member_of(json, "settings"), "settings",
      [](const Value& root, Report& report) { return definition::decode_host(root, report); });
  if (settings) state.settings = *settings;
  read_capacity(member_of(json, "host"), state.capacity);
  reader.read_all(member_of(json, "containers"), state.desired.containers,
                  state.observed.containers);
  reader.read_all(member_of(json, "networks"), state.desired.networks, state.observed.networks);
  read_files(json, state.observed);
  read_units(reader, json, state.observed);
  const Json& next = member_of(json, "next_launch_id");
  if (next.is_number_integer()) state.observed.next_launch_id = next.get<std::uint64_t>();
  if (!reader.problem.empty()) {
    return fail("the state document, written by berth " + state.version +
                ", is not one that this berth " BERTH_VERSION " understands: " + reader.problem);
  }
  // The view itself is not written: where it is current, it is what follows from the rest.
  if (member_of(json, "view_current") == true) {
    state.observed.view = planning::view_of(state.desired, state.observed);
  } else {
    state.observed.view.bridges.push_back({});
  }
  return state;
}

}  // namespace

Result<SavedState> parse_state(std::string_view json) {
  try {
    return read_state(Json::parse(json, nullptr, false));
  } catch (const nlohmann::json::exception& error) {
    return fail(std::string("the state document cannot be read: ") + error.what());
  }
}

}  // namespace berth::cli
