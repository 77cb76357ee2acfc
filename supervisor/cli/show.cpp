// berth show: what a definition says after its drop-ins were merged, and where each value is from.
#include <algorithm>
#include <map>

#include "supervisor/cli/command.h"
#include "supervisor/cli/definition_lookup.h"
#include "supervisor/cli/source_line.h"
#include "supervisor/control/documents.h"
#include "supervisor/definition/merged_keys.h"
#include "supervisor/model/key_info.h"
#include "supervisor/record/json_text.h"

namespace berth::cli {

namespace {

using definition::List;
using definition::Member;
using definition::Table;
using definition::Value;

constexpr std::size_t kAligned = 48;   // columns; comments behind longer lines follow at once
constexpr std::size_t kListLine = 80;  // longer lists take a line for each item

struct ShownKey {
  std::string key;
  Value value;
  SourcePos pos;
  bool is_default = false;
};

std::string_view file_of(DefinitionKind kind) {
  if (kind == DefinitionKind::network) return "network";
  return kind == DefinitionKind::host ? "berthd.toml" : "container";
}

// A default as the value that it stands for.
Value default_value(const KeyInfo& info) {
  const std::string& text = info.default_text;
  if (info.kind == ValueKind::boolean) return Value{text == "true", {}};
  if (info.kind == ValueKind::integer) return Value{std::int64_t{std::stoll(text)}, {}};
  if (info.kind == ValueKind::number) return Value{std::stod(text), {}};
  return Value{text, {}};
}

void add_defaults(DefinitionKind kind, std::vector<ShownKey>& keys) {
  const auto is_written = [&](const std::string& name) {
    return std::ranges::any_of(keys, [&](const ShownKey& key) {
      // restart = "always" is short for restart.policy.
      return key.key == name || key.key.starts_with(name + ".") ||
             (name == "restart.policy" && key.key == "restart");
    });
  };
  std::vector<ShownKey> defaults;
  for (const KeyInfo& info : all_keys()) {
    if (info.file != file_of(kind) || info.default_text.empty() || !info.supported()) continue;
    if (!is_written(info.name)) defaults.push_back({info.name, default_value(info), {}, true});
  }
  keys.insert(keys.end(), defaults.begin(), defaults.end());
}

std::string json_of(const Value& value) {
  struct Write {
    std::string operator()(const definition::Null&) const { return "null"; }
    std::string operator()(const definition::Broken&) const { return "null"; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return definition::to_toml(Value{number, {}}); }
    std::string operator()(const std::string& text) const { return record::quoted(text); }
    std::string operator()(const List& list) const {
      std::string json;
      for (const Value& item : list) json += (json.empty() ? "" : ",") + json_of(item);
      return "[" + json + "]";
    }
    std::string operator()(const Table& table) const {
      std::string json;
      for (const Member& member : table) {
        json +=
            (json.empty() ? "" : ",") + record::quoted(member.key) + ":" + json_of(member.value);
      }
      return "{" + json + "}";
    }
  };
  return std::visit(Write{}, value.data);
}

std::string document(const std::vector<ShownKey>& keys) {
  std::string json;
  for (const ShownKey& key : keys) {
    json += json.empty() ? "[{" : ",{";
    json += "\"key\":" + record::quoted(key.key) + ",\"value\":" + json_of(key.value);
    if (key.is_default) {
      json += ",\"default\":true}";
      continue;
    }
    json += ",\"file\":" + record::quoted(key.pos.file) +
            ",\"line\":" + std::to_string(key.pos.line) +
            ",\"column\":" + std::to_string(key.pos.column) + "}";
  }
  return (json.empty() ? "[" : json) + "]";
}

// One line of a section: what is written, and the comment behind it.
struct Line {
  std::string text;
  std::string comment;
};

std::string comment_of(const ShownKey& key) {
  if (key.is_default) return "default";
  const SourcePos line{key.pos.file, key.pos.line, 0};
  return format(line);
}

// A long list with one item a line.
void add_lines(const std::string& name, const ShownKey& key, std::vector<Line>& lines) {
  const std::string whole = name + " = " + definition::to_toml(key.value);
  const auto* list = key.value.get<List>();
  if (list == nullptr || columns_of(whole) <= kListLine) {
    lines.push_back({whole, comment_of(key)});
    return;
  }
  lines.push_back({name + " = [", comment_of(key)});
  for (const Value& item : *list) lines.push_back({"  " + definition::to_toml(item) + ",", ""});
  lines.push_back({"]", ""});
}

std::string render(const std::vector<Line>& lines, const Terminal& terminal) {
  std::size_t width = 0;
  for (const Line& line : lines) {
    const std::size_t columns = columns_of(line.text);
    if (columns <= kAligned && !line.comment.empty()) width = std::max(width, columns);
  }
  std::string text;
  for (const Line& line : lines) {
    text += escaped(line.text);
    if (!line.comment.empty()) {
      const std::size_t columns = columns_of(line.text);
      text += std::string(columns < width ? width - columns : 0, ' ');
      text += terminal.paint(Colour::dim, "  # " + escaped(line.comment));
    }
    text += "\n";
  }
  return text;
}

// As one TOML file: keys without a table first, then the tables in the order of their first keys.
std::string render(const std::vector<ShownKey>& keys, const Terminal& terminal) {
  std::vector<std::string> sections{""};
  std::map<std::string, std::vector<Line>> lines;
  for (const ShownKey& key : keys) {
    const std::size_t dot = key.key.starts_with('"') ? std::string::npos : key.key.find('.');
    const std::string section = dot == std::string::npos ? "" : key.key.substr(0, dot);
    if (std::ranges::find(sections, section) == sections.end()) sections.push_back(section);
    add_lines(dot == std::string::npos ? key.key : key.key.substr(dot + 1), key, lines[section]);
  }
  std::string text;
  for (const std::string& section : sections) {
    if (lines[section].empty()) continue;
    if (!section.empty()) {
      text += (text.empty() ? "" : "\n") + terminal.paint(Colour::bold, "[" + section + "]") + "\n";
    }
    text += render(lines[section], terminal);
  }
  return text;
}

class Show : public Command {
 public:
  void declare(Options& options) override {
    options.argument("NAME", name_, true,
                     "a container; network/NAME: a network; berthd.toml: the host's settings");
    options.flag("--network", network_, "NAME is a network");
    options.flag("--defaults", defaults_, "also the keys that are not written");
    options.output(json_);
    options.footer(
        "The definition after its drop-ins were merged, as TOML, with the file and line of each\n"
        "value. Works without berthd. With -o json: an array of objects with key, value, file,\n"
        "line and column, or default. Exit code 1 when a file cannot be read.");
  }

  Result<int> run(const Context& context) override {
    const FoundDefinition found = TRY(find_definition(context.paths, name_, network_));
    if (!found.mask.empty()) return fail(name_ + " is masked by " + found.mask);
    const definition::MergedKeys merged = definition::merged_keys(found.file);
    for (const Diagnostic& problem : merged.problems) {
      complain(render_diagnostic(problem, "", context.out));
    }
    std::vector<ShownKey> keys;
    for (const definition::MergedKey& key : merged.keys) {
      keys.push_back({key.key, key.value, key.pos});
    }
    if (!merged.problems.empty()) return kError;
    if (defaults_) add_defaults(found.kind, keys);
    print(json_ ? control::indented(document(keys)) + "\n" : render(keys, context.out));
    return kDone;
  }

 private:
  std::string name_;
  bool network_ = false;
  bool defaults_ = false;
  bool json_ = false;
};

}  // namespace

CommandPtr make_show() { return std::make_unique<Show>(); }

}  // namespace berth::cli
