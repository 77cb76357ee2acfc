#include "supervisor/cli/value_schema.h"

#include <nlohmann/json.hpp>

#include "supervisor/definition/shorthands.h"
#include "supervisor/model/capabilities.h"
#include "supervisor/model/unit_name.h"

namespace berth::cli {

namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kSize = "^(0|[0-9]+\\.?[0-9]*(B|K|M|G|T|Ki|Mi|Gi|Ti|KiB|MiB|GiB|k|m|g))$";
constexpr const char* kDuration = "^(0|([0-9]+\\.?[0-9]*(d|h|m|s|ms|us|ns))+)$";
constexpr const char* kPath = R"(^/(?!(.*/)?\.\.(/|$))[^\u0000-\u001f\u007f]*$)";
const std::string kByte = "(25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])";
const std::string kIpv4 = kByte + R"(\.)" + kByte + R"(\.)" + kByte + R"(\.)" + kByte;
const std::string kPort =
    "([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5])";

Json pattern(const std::string& text) { return {{"type", "string"}, {"pattern", text}}; }
Json any_of(Json first, Json second) {
  return {{"anyOf", Json::array({std::move(first), std::move(second)})}};
}
Json list_of(Json item) { return {{"type", "array"}, {"items", std::move(item)}}; }

std::string alternatives(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : "|") + std::string(word);
  return text;
}

Json signal_schema() {
  const std::string names = alternatives(signal_names());
  return any_of(pattern("^((SIG)?(" + names +
                        "|RTMIN|RTMAX|RTMIN\\+([0-9]|[12][0-9]|30)|RTMAX-([0-9]|[12][0-9]|30))|"
                        "[1-9]|[12][0-9]|3[0-1]|3[4-9]|[45][0-9]|6[0-4])$"),
                {{"type", "integer"}, {"minimum", 1}, {"maximum", 64}});
}

// Names of capabilities in the two ways that people write them.
Json capability_schema() {
  std::string lower;
  std::string upper;
  for (const std::string_view name : capability_names()) {
    lower += "|" + std::string(name);
    for (const char c : "|" + std::string(name)) {
      upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    }
  }
  return pattern("^(all|ALL|(cap_)?(" + lower.substr(1) + ")|(CAP_)?(" + upper.substr(1) + "))$");
}

const char* pattern_of(Shape shape) {
  switch (shape) {
    case Shape::absolute_path:
    case Shape::path_list: return kPath;
    case Shape::hostname:
      return "^(?=.{1,63}$)[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?"
             "(\\.[A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?)*$";
    case Shape::ipv6: return "^[0-9a-f:.]*:[0-9a-f:.]*$";
    case Shape::ipv6_subnet:
      return "^[0-9a-f:.]*:[0-9a-f:.]*/(4[89]|[5-9][0-9]|1[01][0-9]|12[0-4])$";
    case Shape::cpuset: return "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$";
    case Shape::link_name: return "^(?!\\.{1,2}$)[A-Za-z0-9_.-]{1,15}$";
    case Shape::cgroup_name: return "^[^/.][^/]{0,254}(/[^/.][^/]{0,254})*$";
    case Shape::environment_name: return "^[^= \\u0000-\\u001f\\u007f]{1,255}$";
    case Shape::container_name: return "^[a-z0-9][a-z0-9_.-]{0,62}$";
    case Shape::table_name: return "^[A-Za-z][A-Za-z0-9_]{0,30}$";
    case Shape::block_device: return "^/dev/(?!(.*/)?\\.\\.(/|$))[^\\u0000-\\u001f\\u007f]+$";
    case Shape::seccomp:
      return "^(default|unconfined|/(?!(.*/)?\\.\\.(/|$))[^\\u0000-\\u001f\\u007f]*)$";
    case Shape::relative_path: return "^(?!(.*/)?\\.{1,2}(/|$))[^/]+(/[^/]+)*$";
    case Shape::secret_name: return "^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,62}$";
    case Shape::sysctl_name:
      return "^(net\\..+|fs\\.mqueue\\..+|kernel\\.(domainname|msgmax|msgmnb|msgmni|sem|shm[a-z_]+)"
             ")$";
    case Shape::label_name: return "^[^\\u0000-\\u001f\\u007f]{1,255}$";
    case Shape::cgroup_file: return "^(?!cgroup\\.)[a-z][A-Za-z0-9_]*\\.[A-Za-z0-9_.]+$";
    case Shape::user:
      return "^([0-9]{1,10}|[A-Za-z_.$][A-Za-z0-9_.$-]{0,62})"
             "(:([0-9]{1,10}|[A-Za-z_.$][A-Za-z0-9_.$-]{0,62}))?$";
    default: return "";
  }
}

Json text_schema(const KeyInfo& key) {
  if (key.name == "healthcheck.tcp") return pattern(R"(^[^\s]*:[0-9]{1,5}$)");
  if (key.name == "healthcheck.http") return pattern(R"(^http://[^/?#@\s]+(/[^#\s]*)?$)");
  if (!key.words.empty()) return {{"type", "string"}, {"enum", key.words}};
  switch (key.shape) {
    case Shape::ipv4: return pattern("^" + kIpv4 + "$");
    case Shape::ipv4_subnet: return pattern("^" + kIpv4 + "/([89]|[12][0-9]|30)$");
    case Shape::capability: return capability_schema();
    case Shape::user:
      return any_of(pattern(pattern_of(key.shape)),
                    {{"type", "integer"}, {"minimum", 0}, {"maximum", 4294967294}});
    case Shape::any: return {{"type", "string"}, {"pattern", "^[^\\u0000-\\u001f\\u007f]*$"}};
    case Shape::not_empty: return {{"type", "string"}, {"pattern", "^[^\\u0000-\\u001f\\u007f]+$"}};
    default: return pattern(pattern_of(key.shape));
  }
}

Json number_schema(const KeyInfo& key, const char* type) {
  Json schema{{"type", type}};
  const auto bound = [&](const char* name, std::optional<double> value) {
    if (!value) return;
    const auto whole = static_cast<std::int64_t>(*value);
    if (static_cast<double>(whole) == *value) {
      schema[name] = whole;
    } else {
      schema[name] = *value;
    }
  };
  bound("minimum", key.least);
  bound("maximum", key.most);
  return schema;
}

// One word; the spellings that compose has for conditions mean the same.
Json word_schema(const KeyInfo& key) {
  std::vector<std::string> words = key.words;
  if (key.name == "depends_on.condition") {
    words.insert(words.end(),
                 {"service_started", "service_healthy", "service_completed_successfully"});
  }
  return {{"type", "string"}, {"enum", words}};
}

Json item_or(const KeyInfo& key, const Json& items, Json short_form) {
  return any_of(std::move(short_form), items.at(key.name));
}

Json one_schema(const KeyInfo& key, const Json& items) {
  switch (key.kind) {
    case ValueKind::boolean: return {{"type", "boolean"}};
    case ValueKind::integer: return number_schema(key, "integer");
    case ValueKind::number: return number_schema(key, "number");
    case ValueKind::text: return text_schema(key);
    case ValueKind::size: return pattern(kSize);
    case ValueKind::duration: return pattern(kDuration);
    case ValueKind::signal: return signal_schema();
    case ValueKind::word: return word_schema(key);
    case ValueKind::ulimit:
      return any_of(pattern("^(unlimited|[0-9]+)(:(unlimited|[0-9]+))?$"),
                    {{"type", "integer"}, {"minimum", 0}});
    case ValueKind::port:
      return pattern("^((" + kIpv4 + "|\\[[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*\\]):)?" + kPort + ":" +
                     kPort + "(/(tcp|udp))?$");
    case ValueKind::device:
      return pattern("^/dev/[^:]+(:/dev/[^:]+)?(:(?!.*(.).*\\3)[rwm]{1,3})?$");
    // At most four words: weekdays, a date, a time and a time zone. A line of a crontab has more.
    case ValueKind::calendar:
      return pattern("^(?!([^ ]+ +){4}[^ ])[A-Za-z0-9*@][A-Za-z0-9*@,.:~/+_ -]*$");
    case ValueKind::window:
      return pattern(
          "^([A-Za-z.,-]+ +)?[0-9]{1,2}:[0-9]{2}-[0-9]{1,2}:[0-9]{2}( [A-Za-z0-9_+/-]+)?$");
    case ValueKind::mount: return item_or(key, items, pattern(R"(^/[^:]*:/[^:]+(:(ro|rw))?$)"));
    case ValueKind::attachment:
      return item_or(key, items, pattern(pattern_of(Shape::container_name)));
    case ValueKind::io_limit:
    case ValueKind::dependency: return items.at(key.name);
  }
  return {};
}

// A program and its arguments: a list of words, or one text.
Json command_schema(bool may_be_empty) {
  Json words = list_of({{"type", "string"}});
  if (!may_be_empty) words["minItems"] = 1;
  return any_of({{"type", "string"}, {"minLength", may_be_empty ? 0 : 1}}, std::move(words));
}

Json list_schema(const KeyInfo& key, const Json& items) {
  if (key.shape == Shape::command || key.shape == Shape::hook) {
    return command_schema(key.shape == Shape::hook);
  }
  Json item = one_schema(key, items);
  Json list = list_of(item);
  if (key.kind == ValueKind::text) list["uniqueItems"] = true;
  const bool is_time = key.kind == ValueKind::calendar || key.kind == ValueKind::window;
  if (key.shape != Shape::path_list && !is_time) return list;
  // One path or time may stand without the list; "default" is what masked_paths is without the key.
  Json schema = any_of(std::move(item), std::move(list));
  if (key.name == "security.masked_paths") schema["anyOf"].push_back({{"const", "default"}});
  return schema;
}

// Units of systemd have conditions of their own.
void add_unit_dependencies(Json& table, Json& names) {
  const std::string type = "\\.(" + alternatives({kUnitTypes.begin(), kUnitTypes.end()}) + ")$";
  const std::string begin = "^" + std::string(kUnitPrefix) +
                            "(?=.{1,255}$)(?!@)(?![^@]*@\\.[a-z]+$)[A-Za-z0-9:_.\\\\@-]+";
  names = any_of(std::move(names), pattern(begin + type));
  const auto of_unit = [&](std::vector<std::string_view> conditions) {
    Json schema = table["additionalProperties"];
    schema["properties"]["condition"]["enum"] = conditions;
    return schema;
  };
  const std::string prefix = "^" + std::string(kUnitPrefix);
  std::vector<std::string_view> completing = {"started", "completed", "service_started",
                                              "service_completed_successfully"};
  table["patternProperties"] = {
      {prefix + ".*\\.service$", of_unit(completing)},
      {prefix + "(?!.*\\.service$)", of_unit({"started", "service_started"})}};
  table["propertyNames"] = names;
}

Json table_schema(const KeyInfo& key, const Json& items) {
  Json values = one_schema(key, items);
  Json names = pattern(pattern_of(key.shape));
  if (key.kind == ValueKind::text) values = {{"type", "string"}};
  if (key.shape == Shape::secret_name) values = pattern(kPath);
  if (key.shape == Shape::sysctl_name || key.shape == Shape::cgroup_file) {
    values = {{"type", Json::array({"string", "integer"})}};
  }
  if (key.kind == ValueKind::ulimit) names = {{"enum", definition::ulimit_names()}};
  Json table{{"type", "object"}, {"propertyNames", names}, {"additionalProperties", values}};
  if (key.kind != ValueKind::dependency) return table;
  add_unit_dependencies(table, names);
  Json list = list_of(names);
  list["uniqueItems"] = true;
  return any_of(std::move(list), std::move(table));
}

}  // namespace

Json value_schema(const KeyInfo& key, const Json& items) {
  switch (key.arrangement) {
    case Arrangement::one: return one_schema(key, items);
    case Arrangement::list: return list_schema(key, items);
    case Arrangement::table: return table_schema(key, items);
  }
  return {};
}

}  // namespace berth::cli
