#include "supervisor/cli/saved_state.h"

#include <memory>

#include "supervisor/plan/view.h"
#include "supervisor/record/observed_reader.h"

namespace berth::cli {

namespace {

using record::is_null;
using record::items_of;
using record::member_of;
using record::members_of;
using record::ObservedReader;
using record::Reading;
using record::text_of;
using record::Value;

// Instants before the document was taken must not be before the clock's beginning.
constexpr Duration kSinceBoot = std::chrono::hours(24 * 365 * 100);
// Of what is around the definitions.
constexpr unsigned kDepthMost = definition::kDepthMost + 8;

SpecPtr read_any(Reading& reading, const Value& value, const std::string& name,
                 const ContainerSpec*) {
  return record::read_container_spec(reading, value, name);
}
NetworkPtr read_any(Reading& reading, const Value& value, const std::string& name,
                    const NetworkSpec*) {
  return record::read_network_spec(reading, value, name);
}

template <class Spec, class Observed>
void read_all(Reading& reading, const Value& value,
              std::map<std::string, std::shared_ptr<const Spec>>& accepted,
              std::map<std::string, Observed>& observed) {
  constexpr const Spec* kKind = nullptr;
  for (const auto& [name, place, entry] : members_of(value)) {
    std::shared_ptr<const Spec> definition;
    if (const Value& written = member_of(entry, "accepted"); !is_null(written)) {
      definition = read_any(reading, written, name, kKind);
      accepted[name] = definition;
    }
    const Value& seen = member_of(entry, "observed");
    if (is_null(seen)) continue;
    const auto take = [&, &subject = name](const Value& spec) -> std::shared_ptr<const Spec> {
      if (text_of(spec) != control::kAcceptedWord) return read_any(reading, spec, subject, kKind);
      if (!definition) reading.complain(subject + " has no accepted definition");
      return definition;
    };
    ObservedReader<Spec, decltype(take)>(reading, name, take).read(seen, observed[name]);
  }
}

std::int64_t number_of(const Value& value) {
  const auto* number = value.get<std::int64_t>();
  return number != nullptr ? *number : 0;
}

// What only another program, or another version of this one, could have written.
Result<void> check_kind(const Value& document) {
  if (text_of(member_of(document, "document")) != control::kStateDocument) {
    return fail("this is no state document of berth (berth state -o json prints one)");
  }
  const std::int64_t format = number_of(member_of(document, "format"));
  if (format == control::kStateFormat) return {};
  return fail(
      "it is of format " + std::to_string(format) +
      ", and this berth " BERTH_VERSION " reads format " + std::to_string(control::kStateFormat) +
      ": use the berth that belongs to the daemon, " + text_of(member_of(document, "version")));
}

void read_capacity(const Value& value, control::HostCapacity& capacity) {
  capacity.memory = static_cast<std::uint64_t>(number_of(member_of(value, "memory")));
  capacity.cpus = text_of(member_of(value, "cpus"));
  for (const Value& each : items_of(member_of(value, "controllers"))) {
    capacity.controllers.push_back(text_of(each));
  }
}

void read_files(const Value& document, ObservedState& observed) {
  for (const auto& [path, place, entry] : members_of(member_of(document, "files"))) {
    FileState& file = observed.files[path];
    record::observed_members(file, [&entry = entry](const char* name, std::string& member) {
      member = text_of(member_of(entry, name));
    });
  }
  for (const Value& path : items_of(member_of(document, "watched"))) {
    observed.watched.insert(text_of(path));
  }
}

void read_units(Reading& reading, const Value& document, ObservedState& observed) {
  const auto none = [](const Value&) { return SpecPtr(); };
  for (const auto& [name, place, entry] : members_of(member_of(document, "units"))) {
    ObservedReader<ContainerSpec, decltype(none)>(reading, name, none)
        .read(entry, observed.units[name]);
  }
  for (const Value& name : items_of(member_of(document, "watched_units"))) {
    observed.watched_units.insert(text_of(name));
  }
}

Result<SavedState> read_state(const Value& document) {
  TRY(check_kind(document));
  SavedState state;
  Reading reading;
  state.now = reading.now = Instant() + kSinceBoot;
  if (const auto* clock = member_of(document, "clock").get<std::int64_t>()) {
    const Duration offset = Duration(*clock) - state.now.time_since_epoch();
    reading.wall = std::make_shared<const WallClock>(WallClock{.offset = offset});
    state.observed.wall = reading.wall;
  }
  state.version = text_of(member_of(document, "version"));
  state.taken = text_of(member_of(document, "taken"));
  state.root = text_of(member_of(document, "root"));
  state.desired.generation =
      static_cast<std::uint64_t>(number_of(member_of(document, "generation")));
  const auto* shutting_down = member_of(document, "shutting_down").get<bool>();
  state.desired.shutting_down = shutting_down != nullptr && *shutting_down;
  const auto settings =
      record::read_spec<HostSpec>(reading, member_of(document, "settings"), "settings",
                                  [](const Value& root, definition::Report& report) {
                                    return definition::decode_host(root, report);
                                  });
  if (settings) state.settings = *settings;
  read_capacity(member_of(document, "host"), state.capacity);
  read_all(reading, member_of(document, "containers"), state.desired.containers,
           state.observed.containers);
  read_all(reading, member_of(document, "networks"), state.desired.networks,
           state.observed.networks);
  read_files(document, state.observed);
  read_units(reading, document, state.observed);
  state.observed.next_launch_id =
      static_cast<std::uint64_t>(number_of(member_of(document, "next_launch_id")));
  if (!reading.problem.empty()) {
    return fail("the state document, written by berth " + state.version +
                ", is not one that this berth " BERTH_VERSION " understands: " + reading.problem);
  }
  // The view itself is not written: where it is current, it is what follows from the rest.
  const auto* current = member_of(document, "view_current").get<bool>();
  if (current != nullptr && *current) {
    state.observed.view = planning::view_of(state.desired, state.observed);
  } else {
    state.observed.view.bridges.push_back({});
  }
  return state;
}

}  // namespace

Result<SavedState> parse_state(std::string_view json) {
  const auto document = record::parse_json(json, kDepthMost);
  // What is no JSON at all is not one either.
  return read_state(document ? *document : Value());
}

}  // namespace berth::cli
