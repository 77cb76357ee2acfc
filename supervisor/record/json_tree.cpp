#include "supervisor/record/json_tree.h"

#include <nlohmann/json.hpp>

namespace berth::record {

namespace {

using Json = nlohmann::ordered_json;

Value tree_of(const Json& json, unsigned depth_left) {
  Value value;
  if (depth_left == 0) {
    value.data = definition::Broken{};
    return value;
  }
  if (json.is_boolean()) value.data = json.get<bool>();
  if (json.is_number_integer()) value.data = json.get<std::int64_t>();
  if (json.is_number_float()) value.data = json.get<double>();
  if (json.is_string()) value.data = json.get<std::string>();
  if (json.is_array()) {
    List list;
    list.reserve(json.size());
    for (const Json& item : json) list.push_back(tree_of(item, depth_left - 1));
    value.data = std::move(list);
  }
  if (json.is_object()) {
    Table table;
    table.reserve(json.size());
    for (const auto& [name, member] : json.items()) {
      table.push_back({name, {}, tree_of(member, depth_left - 1)});
    }
    value.data = std::move(table);
  }
  return value;
}

}  // namespace

Result<Value> parse_json(std::string_view text, unsigned depth_most) {
  try {
    const Json json = Json::parse(text, nullptr, false);
    if (json.is_discarded()) return fail("it is not valid JSON");
    return tree_of(json, depth_most);
  } catch (const nlohmann::json::exception& error) {
    return fail(error.what());
  }
}

const Value& member_of(const Value& table, std::string_view name) {
  static const Value kNothing;
  for (const definition::Member& member : members_of(table)) {
    if (member.key == name) return member.value;
  }
  return kNothing;
}

const Table& members_of(const Value& table) {
  static const Table kNothing;
  const Table* members = table.get<Table>();
  return members != nullptr ? *members : kNothing;
}

const List& items_of(const Value& list) {
  static const List kNothing;
  const List* items = list.get<List>();
  return items != nullptr ? *items : kNothing;
}

std::string text_of(const Value& value) {
  const std::string* text = value.get<std::string>();
  return text != nullptr ? *text : "";
}

}  // namespace berth::record
