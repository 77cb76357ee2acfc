// berth schema: the JSON Schemas of definition files, made from the key tables. What it prints is
// kept in config-schema/, for editors.
#include <nlohmann/json.hpp>

#include "supervisor/cli/command.h"
#include "supervisor/cli/value_schema.h"

namespace berth::cli {

namespace {

using Json = nlohmann::ordered_json;

// A default or an example as a JSON value, where TOML and JSON write it alike.
Json as_json(const KeyInfo& key, const std::string& text) {
  const bool bare = key.kind == ValueKind::boolean || key.kind == ValueKind::integer ||
                    key.kind == ValueKind::number;
  return bare ? Json::parse(text, nullptr, false) : Json(text);
}

std::string unit_of(ValueKind kind) {
  if (kind == ValueKind::size) return " A size with its unit: B, K, M, G or T, counted by 1024.";
  if (kind == ValueKind::duration) return " A duration with its unit: ms, s, m, h or d.";
  if (kind == ValueKind::signal) return " A signal by name or number.";
  return "";
}

std::string described(const KeyInfo& key) {
  std::string text = key.meaning + "." + unit_of(key.kind);
  const std::string range = range_in_words(key);
  if (!range.empty()) text += " Range: " + range + ".";
  if (!key.default_text.empty()) text += " Default: " + key.default_text + ".";
  if (key.has_cost) text += " A change " + std::string(in_words(key.cost)) + ".";
  return text;
}

Json property(const KeyInfo& key, const Json& items) {
  Json schema{{"description", described(key)}};
  if (!key.default_text.empty()) schema["default"] = as_json(key, key.default_text);
  Json example = Json::parse(key.example, nullptr, false);
  if (!example.is_discarded()) schema["examples"] = Json::array({std::move(example)});
  schema.update(value_schema(key, items));
  return schema;
}

Json object() {
  return {{"type", "object"}, {"properties", Json::object()}, {"additionalProperties", false}};
}

// restart = "always" stands for restart.policy, the one section with a short form.
void add_short_forms(Json& properties) {
  Json& restart = properties["restart"];
  const Json policy = restart["properties"]["policy"];
  restart = {{"anyOf", Json::array({policy, restart})}};
}

// Every key of one file: dotted names become nested objects.
Json table_of(const std::string& file, const Json& items) {
  Json table = object();
  for (const KeyInfo& key : all_keys()) {
    if (key.file != file || !key.supported()) continue;
    const size_t dot = key.leaf.find('.');
    Json* into = &table;
    if (dot != std::string::npos) {
      into = &table["properties"][key.leaf.substr(0, dot)];
      if (into->is_null()) *into = object();
    }
    const size_t begin = dot == std::string::npos ? 0 : dot + 1;
    (*into)["properties"][key.leaf.substr(begin)] = property(key, items);
  }
  if (file == "container") add_short_forms(table["properties"]);
  return table;
}

Json one_of_keys(std::initializer_list<const char*> keys) {
  Json choices = Json::array();
  for (const char* key : keys) choices.push_back({{"required", Json::array({key})}});
  return choices;
}

Json with_head(const char* title, Json table) {
  Json schema{{"$schema", "http://json-schema.org/draft-07/schema#"}, {"title", title}};
  // A YAML file names its schema in a comment; a JSON-minded editor may write it into the file.
  schema.update(table);
  return schema;
}

// A system runs /sbin/init where nothing is written.
Json programs() {
  Json choices = one_of_keys({"command", "entrypoint"});
  const Json system{{"properties", {{"type", {{"const", "system"}}}}},
                    {"required", Json::array({"type"})}};
  choices.push_back(system);
  return choices;
}

Json container_schema() {
  Json items;
  for (const char* name : {"mounts", "depends_on", "networks", "limits.io"}) {
    items[name] = table_of("item of " + std::string(name), {});
  }
  items["mounts"]["required"] = Json::array({"target"});
  items["networks"]["required"] = Json::array({"name"});
  items["limits.io"]["required"] = Json::array({"device"});
  items["limits.io"]["minProperties"] = 2;
  Json table = table_of("container", items);
  table["allOf"] = Json::array(
      {Json{{"oneOf", one_of_keys({"template", "rootfs"})}}, Json{{"anyOf", programs()}}});
  table["properties"]["healthcheck"]["oneOf"] = one_of_keys({"exec", "tcp", "http", "notify"});
  return with_head("A container of berth", std::move(table));
}

Json network_schema() {
  Json table = table_of("network", {});
  table["required"] = Json::array({"subnet"});
  return with_head("A network of berth", std::move(table));
}

class Schema : public Command {
 public:
  void declare(Options& options) override {
    options.argument("KIND", kind_, true, "container, network or host");
  }

  Result<int> run(const Context&) override {
    Json schema;
    if (kind_ == "container") schema = container_schema();
    if (kind_ == "network") schema = network_schema();
    if (kind_ == "host") schema = with_head("berthd.toml", table_of("berthd.toml", {}));
    if (schema.is_null()) {
      return fail("there is no schema of \"" + escaped(kind_) + "\" (container, network or host)");
    }
    print(schema.dump(2) + "\n");
    return kDone;
  }

 private:
  std::string kind_;
};

}  // namespace

CommandPtr make_schema() { return std::make_unique<Schema>(); }

}  // namespace berth::cli
