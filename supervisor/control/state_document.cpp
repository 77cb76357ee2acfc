#include "supervisor/control/state_document.h"

#include <algorithm>
#include <set>

#include "supervisor/model/keys.h"
#include "supervisor/model/values.h"
#include "supervisor/plan/changes.h"
#include "supervisor/plan/units.h"
#include "supervisor/plan/view.h"
#include "supervisor/record/observed_writer.h"

namespace berth::control {

namespace {

using record::JsonText;
using record::ObservedWriter;
using record::write_spec;

// A definition, or the word for the one in force.
void put_spec(JsonText& json, const SpecPtr& spec, const SpecPtr& accepted) {
  if (planning::same(spec, accepted)) return json.text(kAcceptedWord);
  write_spec(json, *spec);
}
void put_spec(JsonText& json, const NetworkPtr& spec, const NetworkPtr& accepted) {
  if (spec == accepted) return json.text(kAcceptedWord);
  write_spec(json, *spec);
}

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
      const auto put = [&](const std::shared_ptr<const Spec>& spec) {
        put_spec(json, spec, definition);
      };
      ObservedWriter<Spec, decltype(put)>(json, now, put).write(found->second);
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
    record::observed_members(file, [&](const char* name, const std::string& member) {
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
    const auto none = [](const SpecPtr&) {};
    ObservedWriter<ContainerSpec, decltype(none)>(json, now, none).write(unit);
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
