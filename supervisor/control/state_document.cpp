#include "supervisor/control/state_document.h"

#include <algorithm>
#include <set>

#include "supervisor/control/json_text.h"
#include "supervisor/control/observed_members.h"
#include "supervisor/control/spec_json.h"
#include "supervisor/model/keys.h"
#include "supervisor/model/values.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/units.h"
#include "supervisor/plan/view.h"

namespace berth::control {

namespace {

// Writes the members of an observed thing. `accepted` is the definition in force, or null.
template <class Spec>
class ObservedWriter {
 public:
  ObservedWriter(JsonText& json, Instant now, const std::shared_ptr<const Spec>& accepted)
      : json_(json), now_(now), accepted_(accepted) {}

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
  void put(const std::shared_ptr<const Spec>& spec) {
    if (is_accepted(spec)) return json_.text(kAcceptedWord);
    write_spec(json_, *spec);
  }

  [[nodiscard]] bool is_accepted(const SpecPtr& spec) const
    requires std::same_as<Spec, ContainerSpec>
  {
    return planning::same(spec, accepted_);
  }
  [[nodiscard]] bool is_accepted(const NetworkPtr& spec) const
    requires std::same_as<Spec, NetworkSpec>
  {
    return spec == accepted_;
  }

  JsonText& json_;
  Instant now_;
  const std::shared_ptr<const Spec>& accepted_;
};

template <class Spec, class Observed>
void write_all(JsonText& json, Instant now,
               const std::map<std::string, std::shared_ptr<const Spec>>& accepted,
               const std::map<std::string, Observed>& observed) {
  std::set<std::string_view> names;
  for (const auto& [name, spec] : accepted) names.insert(name);
  for (const auto& [name, seen] : observed) names.insert(name);
  json.begin_object();
  for (const std::string_view name : names) {
    json.key(name);
    json.begin_object();
    std::shared_ptr<const Spec> definition;
    if (const auto found = accepted.find(std::string(name)); found != accepted.end()) {
      definition = found->second;
      json.key(kAcceptedWord);
      write_spec(json, *definition);
    }
    if (const auto found = observed.find(std::string(name)); found != observed.end()) {
      json.key("observed");
      ObservedWriter<Spec>(json, now, definition).write(found->second);
    }
    json.end_object();
  }
  json.end_object();
}

// The files that definitions refer to, as they were when they were last looked at. Digests are
// keyed, and so say nothing about what is in a file.
void write_files(JsonText& json, const ObservedState& observed) {
  json.key("files");
  json.begin_object();
  for (const auto& [path, file] : observed.files) {
    json.key(path);
    json.begin_object();
    observed_members(file, [&](const char* name, const std::string& member) {
      if (member.empty()) return;
      json.key(name);
      json.text(member);
    });
    json.end_object();
  }
  json.end_object();
  json.key("watched");
  json.begin_list();
  for (const std::string& path : observed.watched) json.text(path);
  json.end_list();
}

void write_units(JsonText& json, Instant now, const ObservedState& observed) {
  json.key("units");
  json.begin_object();
  for (const auto& [name, unit] : observed.units) {
    json.key(name);
    ObservedWriter<ContainerSpec>(json, now, nullptr).write(unit);
  }
  json.end_object();
  json.key("watched_units");
  json.begin_list();
  for (const std::string& name : observed.watched_units) json.text(name);
  json.end_list();
}

void write_capacity(JsonText& json, const HostCapacity& capacity) {
  json.begin_object();
  json.key("memory");
  json.number(capacity.memory);
  json.key("cpus");
  json.text(capacity.cpus);
  json.key("controllers");
  json.begin_list();
  for (const std::string& controller : capacity.controllers) json.text(controller);
  json.end_list();
  json.end_object();
}

}  // namespace

std::string_view state_word(Phase value) {
  return value > Phase::frozen ? std::string_view() : name_of(value);
}

std::string_view state_word(Health value) {
  return value > Health::unhealthy ? std::string_view() : name_of(value);
}

std::string_view state_word(Presence value) {
  switch (value) {
    case Presence::absent: return "absent";
    case Presence::creating: return "creating";
    case Presence::present: return "present";
    case Presence::removing: return "removing";
    case Presence::failed: return "failed";
  }
  return "";
}

std::string_view state_word(Intent value) {
  switch (value) {
    case Intent::none: return "none";
    case Intent::run: return "run";
    case Intent::stop: return "stop";
  }
  return "";
}

std::string_view state_word(Task value) {
  switch (value) {
    case Task::create_sandbox: return "create-sandbox";
    case Task::remove_sandbox: return "remove-sandbox";
    case Task::launch: return "launch";
    case Task::clean_up: return "clean-up";
    case Task::update: return "update";
    case Task::remove_root: return "remove-root";
    case Task::remove_everything: return "remove-everything";
  }
  return "";
}

std::string_view state_word(UnitActivity value) {
  return value > UnitActivity::failed ? std::string_view() : planning::name_of(value);
}

std::string_view state_word(ExitStatus::Kind value) {
  switch (value) {
    case ExitStatus::Kind::exited: return "exited";
    case ExitStatus::Kind::signaled: return "signaled";
    case ExitStatus::Kind::unknown: return "unknown";
  }
  return "";
}

std::string state_document(const StateView& view, const StateFacts& facts) {
  JsonText json;
  json.begin_object();
  json.key("document");
  json.text(kStateDocument);
  json.key("format");
  json.number(kStateFormat);
  json.key("version");
  json.text(BERTH_VERSION);
  json.key("taken");
  json.text(format_rfc3339(view.wall_now));
  if (view.observed.wall) {
    json.key("clock");
    const WallTime time = view.observed.wall->at(view.now);
    json.number(static_cast<std::int64_t>(time.time_since_epoch().count()));
  }
  json.key("root");
  json.text(facts.root.empty() ? "/" : facts.root);
  json.key("generation");
  json.number(view.desired.generation);
  json.key("shutting_down");
  json.flag(view.desired.shutting_down);
  json.key("settings");
  write_spec(json, facts.settings);
  json.key("host");
  write_capacity(json, facts.capacity);
  json.key("containers");
  write_all(json, view.now, view.desired.containers, view.observed.containers);
  json.key("networks");
  write_all(json, view.now, view.desired.networks, view.observed.networks);
  write_files(json, view.observed);
  write_units(json, view.now, view.observed);
  json.key("view_current");
  json.flag(
      planning::same_view(view.observed.view, planning::view_of(view.desired, view.observed)));
  json.key("next_launch_id");
  json.number(view.observed.next_launch_id);
  json.end_object();
  return std::move(json).take();
}

}  // namespace berth::control
