#include "supervisor/definition/merge.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "supervisor/definition/reader.h"

namespace berth::definition {

namespace {

// The table that a shorthand stands for; other values stay as they are.
void spell_out(const std::string& key, Value& value) {
  if (key == "restart" && value.get<std::string>() != nullptr) {
    const Place place = value.place;
    Table table;
    table.push_back(Member{"policy", place, std::move(value)});
    value = Value{std::move(table), place};
    return;
  }
  const auto* names = value.get<List>();
  if (key != "depends_on" || names == nullptr) return;
  Table table;
  for (const Value& name : *names) {
    // What is wrong with the list is said better by who reads it as one.
    const auto* text = name.get<std::string>();
    if (text == nullptr || std::ranges::find(table, *text, &Member::key) != table.end()) return;
    table.push_back(Member{*text, name.place, Value{Table{}, name.place}});
  }
  const Place place = value.place;
  value = Value{std::move(table), place};
}

void merge_member(Member& base, Member over) {
  if (over.value.get<Table>() != nullptr) spell_out(base.key, base.value);
  // A list of dependencies replaces, as all lists do; a policy is one key of several.
  const bool word = over.key == "restart";
  if (word && base.value.get<Table>() != nullptr) spell_out(over.key, over.value);
  auto* table = std::get_if<Table>(&base.value.data);
  auto* more = std::get_if<Table>(&over.value.data);
  if (table != nullptr && more != nullptr) {
    merge(*table, std::move(*more));
  } else {
    base.place = over.place;
    base.value = std::move(over.value);
  }
}

void set_file(Value& value, unsigned file) {
  value.place.file = file;
  if (auto* list = std::get_if<List>(&value.data)) {
    for (Value& item : *list) set_file(item, file);
  } else if (auto* table = std::get_if<Table>(&value.data)) {
    for (Member& member : *table) {
      member.place.file = file;
      set_file(member.value, file);
    }
  }
}

}  // namespace

void merge(Table& base, Table over) {
  for (Member& member : over) {
    const auto found = std::ranges::find(base, member.key, &Member::key);
    if (found == base.end())
      base.push_back(std::move(member));
    else
      merge_member(*found, std::move(member));
  }
}

std::vector<std::string> paths_of(const File& file) {
  std::vector<std::string> paths{file.path};
  for (const File& drop_in : file.drop_ins) paths.push_back(drop_in.path);
  return paths;
}

std::optional<Value> read_merged(const File& file, Report& report) {
  auto root = read_file(file.format, file.content, report);
  for (std::size_t i = 0; i < file.drop_ins.size(); ++i) {
    const File& drop_in = file.drop_ins[i];
    Report alone(drop_in.path, "");
    auto more = read_file(drop_in.format, drop_in.content, alone);
    for (Diagnostic& each : std::move(alone).take()) {
      report.error_at(std::move(each.pos), std::move(each.key), std::move(each.problem),
                      std::move(each.remedy));
    }
    if (!more) {
      root.reset();
    } else if (root) {
      set_file(*more, static_cast<unsigned>(i + 1));
      merge(std::get<Table>(root->data), std::move(std::get<Table>(more->data)));
    }
  }
  return root;
}

}  // namespace berth::definition
