// Between the values of status.h and JSON. The only user of the JSON library.
//
// Each struct lists its members once (`members`); a writer and a reader walk that list.
#include <nlohmann/json.hpp>

#include "supervisor/control/documents.h"
#include "supervisor/model/keys.h"

namespace berth::control {

namespace {

using Json = nlohmann::ordered_json;

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, ContainerStatus>
void members(S& s, V visit) {
  visit("name", s.name);
  visit("type", s.type);
  visit("phase", s.phase);
  visit("pid", s.pid);
  visit("restarts", s.restarts);
  visit("exit_code", s.exit_code);
  visit("signal", s.signal);
  visit("oom_killed", s.oom_killed);
  visit("last_exit", s.last_exit);
  visit("health", s.health);
  visit("health_message", s.health_message);
  visit("addresses", s.addresses);
  visit("ports", s.ports);
  visit("groups", s.groups);
  visit("labels", s.labels);
  visit("generation", s.generation);
  visit("error", s.error);
  visit("definition_error", s.definition_error);
  visit("waiting", s.waiting);
  visit("since", s.since);
  visit("uptime", s.uptime);
  visit("next_start_in", s.next_start_in);
  visit("next_run", s.next_run);
  visit("suspended", s.suspended);
  visit("skipped_runs", s.skipped_runs);
  visit("launch", s.launch);
  visit("completed", s.completed);
  visit("desired", s.desired);
  visit("intent", s.intent);
  visit("file", s.file);
  visit("masked", s.masked);
  visit("depends_on", s.depends_on);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, NetworkStatus>
void members(S& s, V visit) {
  visit("name", s.name);
  visit("state", s.state);
  visit("bridge", s.bridge);
  visit("subnet", s.subnet);
  visit("subnet6", s.subnet6);
  visit("error", s.error);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, HostStatus>
void members(S& s, V visit) {
  visit("version", s.version);
  visit("root", s.root);
  visit("pid", s.pid);
  visit("generation", s.generation);
  visit("pinned", s.pinned);
  visit("shutting_down", s.shutting_down);
  visit("containers", s.containers);
  visit("running", s.running);
  visit("with_error", s.with_error);
  visit("networks", s.networks);
  visit("network_error", s.network_error);
  visit("notices", s.notices);
  visit("problems", s.problems);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, PlannedChange>
void members(S& s, V visit) {
  visit("key", s.key);
  visit("before", s.before);
  visit("after", s.after);
  visit("cost", s.cost);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, PlannedAction>
void members(S& s, V visit) {
  visit("subject", s.subject);
  visit("action", s.action);
  visit("reason", s.reason);
  visit("changes", s.changes);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, RollbackAnswer>
void members(S& s, V visit) {
  visit("generation", s.generation);
  visit("reason", s.reason);
  visit("pinned", s.pinned);
  visit("plan", s.plan);
}

template <class S, class V>
  requires std::same_as<std::remove_const_t<S>, EventRecord>
void members(S& s, V visit) {
  visit("time", s.time);
  visit("kind", s.kind);
  visit("container", s.container);
  visit("phase", s.phase);
  visit("was", s.was);
  visit("health", s.health);
  visit("error", s.error);
  visit("message", s.message);
  visit("exit_code", s.exit_code);
  visit("signal", s.signal);
  visit("oom_killed", s.oom_killed);
  visit("generation", s.generation);
}

// --- writing -------------------------------------------------------------------------------

template <class T>
concept Plain = std::integral<T> || std::same_as<T, std::string>;

template <Plain T>
Json write(const T& value) {
  return Json(value);
}

template <class T>
Json write(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

Json write(const std::map<std::string, std::string>& values) {
  Json object = Json::object();
  for (const auto& [name, value] : values) object[name] = value;
  return object;
}

Json write(const Diagnostic& value) {
  return Json{{"severity", value.severity == Severity::error ? "error" : "warning"},
              {"file", value.pos.file},
              {"line", value.pos.line},
              {"column", value.pos.column},
              {"key", value.key},
              {"problem", value.problem},
              {"remedy", value.remedy},
              {"container", value.container},
              {"text", format(value)}};
}

template <class T>
Json write(const std::vector<T>& values);

template <class T>
  requires requires(const T& value) { members(value, [](const char*, const auto&) {}); }
Json write(const T& value) {
  Json object = Json::object();
  members(value, [&](const char* name, const auto& member) { object[name] = write(member); });
  return object;
}

template <class T>
Json write(const std::vector<T>& values) {
  Json array = Json::array();
  for (const T& value : values) array.push_back(write(value));
  return array;
}

std::string text_of(const Json& json, int indent = -1) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace);
}

// --- reading: a member of the wrong type is passed over like one that is missing -----------------

void read(const Json& json, bool& value) {
  if (json.is_boolean()) value = json.get<bool>();
}

template <std::integral T>
void read(const Json& json, T& value) {
  if (json.is_number_integer()) value = json.get<T>();
}

void read(const Json& json, std::string& value) {
  if (json.is_string()) value = json.get<std::string>();
}

void read(const Json& json, std::map<std::string, std::string>& values) {
  values.clear();
  if (!json.is_object()) return;
  for (const auto& [name, value] : json.items()) read(value, values[name]);
}

template <class T>
void read(const Json& json, std::optional<T>& value) {
  value.reset();
  if (!json.is_null()) read(json, value.emplace());
}

template <class T>
void member_of(const Json& object, const char* name, T& value);

void read(const Json& json, Diagnostic& value) {
  std::string severity;
  member_of(json, "severity", severity);
  value.severity = severity == "warning" ? Severity::warning : Severity::error;
  member_of(json, "file", value.pos.file);
  member_of(json, "line", value.pos.line);
  member_of(json, "column", value.pos.column);
  member_of(json, "key", value.key);
  member_of(json, "problem", value.problem);
  member_of(json, "remedy", value.remedy);
  member_of(json, "container", value.container);
}

template <class T>
void read(const Json& json, std::vector<T>& values);

template <class T>
  requires requires(T& value) { members(value, [](const char*, auto&) {}); }
void read(const Json& json, T& value) {
  members(value, [&](const char* name, auto& member) { member_of(json, name, member); });
}

template <class T>
void read(const Json& json, std::vector<T>& values) {
  values.clear();
  if (!json.is_array()) return;
  for (const Json& item : json) read(item, values.emplace_back());
}

template <class T>
void member_of(const Json& object, const char* name, T& value) {
  if (!object.is_object()) return;
  const auto found = object.find(name);
  if (found != object.end()) read(*found, value);
}

template <class T>
Result<T> parse(std::string_view text, Json::value_t type, const char* what) {
  const Json json = Json::parse(text, nullptr, false);
  const bool right = type == Json::value_t::array ? json.is_array() : json.is_object();
  if (json.is_discarded() || !right) return fail(std::string("the daemon's answer is no ") + what);
  T value;
  read(json, value);
  return value;
}

std::vector<PlannedAction> planned(std::span<const Action> actions) {
  std::vector<PlannedAction> plan;
  for (const Action& action : actions) {
    PlannedAction& line = plan.emplace_back();
    line.subject = action.subject;
    line.action = name_of(action.deed);
    line.reason = action.reason;
    for (const KeyChange& change : action.changes) {
      line.changes.push_back(PlannedChange{change.key, change.before, change.after,
                                           std::string(name_of(change.cost))});
    }
  }
  return plan;
}

}  // namespace

std::string list_document(const StateView& view) { return list_document(container_statuses(view)); }

std::string list_document(std::span<const ContainerStatus> containers) {
  Json array = Json::array();
  for (const ContainerStatus& container : containers) array.push_back(write(container));
  return text_of(array);
}

std::optional<std::string> status_document(const StateView& view, const std::string& name) {
  const auto status = container_status(view, name);
  if (!status) return std::nullopt;
  return text_of(write(*status));
}

std::string host_document(const StateView& view, const HostFacts& facts) {
  return text_of(write(host_status(view, facts)));
}

std::string plan_document(std::span<const Action> actions) {
  return text_of(write(planned(actions)));
}

std::string rollback_document(RollbackAnswer answer, std::span<const PreviewItem> items) {
  for (const PreviewItem& item : items) {
    PlannedAction& line = answer.plan.emplace_back();
    line.subject = (item.is_network ? "network " : "") + item.name;
    line.action = berth::name_of(item.fate);
    line.reason = item.follows.empty() ? item.reason : "because " + item.follows + " does";
    for (const PreviewChange& each : item.changes) {
      line.changes.push_back(PlannedChange{each.change.key, each.change.before, each.change.after,
                                           std::string(name_of(each.change.cost))});
    }
  }
  return text_of(write(answer));
}

// Members that say nothing are left out of an event: most of them do not apply to its kind.
std::string event_document(const EventRecord& event) {
  const EventRecord empty;
  const Json blank = write(empty);
  Json full = write(event);
  Json object = Json::object();
  for (const auto& [name, value] : full.items()) {
    if (value != blank[name] || name == "time" || name == "kind") object[name] = value;
  }
  if (event.kind == "error") object["error"] = event.error;
  return text_of(object);
}

std::string names_document(std::span<const std::string> names) {
  return text_of(write(std::vector<std::string>(names.begin(), names.end())));
}

Result<std::vector<ContainerStatus>> parse_list(std::string_view json) {
  return parse<std::vector<ContainerStatus>>(json, Json::value_t::array, "list of containers");
}

Result<ContainerStatus> parse_status(std::string_view json) {
  return parse<ContainerStatus>(json, Json::value_t::object, "container's status");
}

Result<HostStatus> parse_host(std::string_view json) {
  return parse<HostStatus>(json, Json::value_t::object, "host's status");
}

Result<std::vector<PlannedAction>> parse_plan(std::string_view json) {
  return parse<std::vector<PlannedAction>>(json, Json::value_t::array, "plan");
}

Result<RollbackAnswer> parse_rollback(std::string_view json) {
  return parse<RollbackAnswer>(json, Json::value_t::object, "answer about a rollback");
}

Result<EventRecord> parse_event(std::string_view json) {
  return parse<EventRecord>(json, Json::value_t::object, "event");
}

Result<std::vector<std::string>> parse_names(std::string_view json) {
  return parse<std::vector<std::string>>(json, Json::value_t::array, "list of names");
}

std::string diagnostics_document(std::span<const Diagnostic> diagnostics) {
  return text_of(write(std::vector<Diagnostic>(diagnostics.begin(), diagnostics.end())));
}

std::string indented(std::string_view json) {
  const Json parsed = Json::parse(json, nullptr, false);
  return parsed.is_discarded() ? std::string(json) : text_of(parsed, 2);
}

}  // namespace berth::control
