#include "supervisor/import/toml.h"

#include <algorithm>

#include "supervisor/import/words.h"
#include "supervisor/model/values.h"

namespace berth::importing {

namespace {

constexpr std::size_t kColumnsMost = 100;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

std::string decimal(double number) {
  std::string text = format_value(number);
  return text.find_first_of(".e") == text.npos ? text + ".0" : text;
}

std::string list_inline(const TomlList& list) {
  std::string text = "[";
  for (const Toml& item : list) text += (text.size() > 1 ? ", " : "") + toml_inline(item);
  return text + "]";
}

std::string table_inline(const TomlTable& table) {
  if (table.empty()) return "{}";
  std::string text = "{ ";
  for (const auto& [key, value] : table) {
    text += (text.size() > 2 ? ", " : "") + toml_key(key) + " = " + toml_inline(value);
  }
  return text + " }";
}

// A literal text over several lines shows a script as it is; it has no escapes of any kind.
bool is_script(const Toml& value) {
  const auto* text = value.get<std::string>();
  return text != nullptr && text->find('\n') != text->npos && text->find("'''") == text->npos &&
         !text->ends_with('\'') && std::ranges::all_of(*text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t';
         });
}

std::string item_text(const Toml& item) {
  return is_script(item) ? "'''\n" + *item.get<std::string>() + "'''" : toml_inline(item);
}

}  // namespace

Toml::Toml(const std::vector<std::string>& words) : data(TomlList()) {
  for (const std::string& word : words) get<TomlList>()->emplace_back(word);
}

std::string toml_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, is_bare) ? std::string(key) : quote(key);
}

std::string toml_inline(const Toml& value) {
  struct Write {
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return decimal(number); }
    std::string operator()(const std::string& text) const { return quote(text); }
    std::string operator()(const TomlList& list) const { return list_inline(list); }
    std::string operator()(const TomlTable& table) const { return table_inline(table); }
  };
  return std::visit(Write{}, value.data);
}

std::string toml_value(const Toml& value, std::size_t columns_before) {
  if (is_script(value)) return item_text(value);
  const auto* list = value.get<TomlList>();
  std::string line = toml_inline(value);
  if (list == nullptr || list->empty()) return line;
  const bool has_script = std::ranges::any_of(*list, is_script);
  const bool has_tables = list->size() > 1 && list->front().get<TomlTable>() != nullptr;
  if (!has_script && !has_tables && columns_before + line.size() <= kColumnsMost) return line;
  std::string lines = "[\n";
  for (const Toml& item : *list) lines += "  " + item_text(item) + ",\n";
  return lines + "]";
}

}  // namespace berth::importing
