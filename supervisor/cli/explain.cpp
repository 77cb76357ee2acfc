// berth explain: what a key of a definition means, from the key tables.
#include <algorithm>

#include "supervisor/base/nearest.h"
#include "supervisor/cli/command.h"
#include "supervisor/cli/key_help.h"
#include "supervisor/cli/table.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

// A key as a problem names it, without what is not of the table: "mounts[0].source" is
// mounts.source, "depends_on.db.restart" is depends_on.restart.
std::string plain(std::string key) {
  for (std::size_t at = 0; (at = key.find('[')) != std::string::npos;) {
    const std::size_t end = key.find(']', at);
    key.erase(at, end == std::string::npos ? end : end - at + 1);
  }
  constexpr std::string_view kDependencies = "depends_on.";
  const std::size_t last = key.rfind('.');
  if (key.starts_with(kDependencies) && last >= kDependencies.size() && last != key.npos) {
    key.erase(kDependencies.size(), last + 1 - kDependencies.size());
  }
  return key;
}

// "limits" stands for all of "limits.*", "berthd" for all of berthd.toml.
bool matches(const KeyHelp& help, const std::string& asked) {
  if (asked.empty() || help.name == asked || help.name.starts_with(asked + ".")) return true;
  return help.file + ":" + help.name == asked ||
         (!help.place.empty() && asked == help.place + "." + help.name);
}

// All keys of one file: "berthd", "berthd.toml".
bool is_of(const KeyHelp& help, const std::string& asked) {
  return help.place == asked || help.file == asked;
}

std::string sheet(const KeyHelp& help, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, help.name) + "  (" + help.file + ")\n";
  text += "  " + help.meaning + "\n";
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += "  " + std::string(label) + value + "\n";
  };
  line("type:     ", help.type);
  line("choices:  ", help.choices);
  line("default:  ", help.default_text.empty() ? "unset" : help.default_text);
  line("a change: ", help.cost);
  line("example:  ", help.example.empty() ? "" : help.leaf + " = " + help.example);
  return text;
}

std::string document(const std::vector<KeyHelp>& found) {
  std::string json;
  for (const KeyHelp& help : found) {
    const auto member = [](std::string_view name, const std::string& value) {
      return control::quoted(name) + ":" + control::quoted(value);
    };
    json += json.empty() ? "[{" : ",{";
    json += member("name", help.name) + "," + member("file", help.file) + "," +
            member("type", help.type) + "," + member("default", help.default_text) + "," +
            member("choices", help.choices) + "," + member("cost", help.cost_word) + "," +
            member("meaning", help.meaning) + "," + member("example", help.example) + "}";
  }
  return json + "]";
}

class Explain : public Command {
 public:
  void declare(Options& options) override {
    options.argument("KEY", key_, false, "such as limits.memory, or limits; without it, all keys");
    options.output(json_);
  }

  Result<int> run(const Context& context) override {
    const std::vector<KeyHelp> all = key_helps();
    key_ = plain(key_);
    std::vector<KeyHelp> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const KeyHelp& help) { return matches(help, key_); });
    if (found.empty()) {
      std::ranges::copy_if(all, std::back_inserter(found),
                           [&](const KeyHelp& help) { return is_of(help, key_); });
    }
    if (found.empty()) return unknown(all);
    if (json_) {
      print(control::indented(document(found)) + "\n");
      return kDone;
    }
    const bool one_name = std::ranges::all_of(
        found, [&](const KeyHelp& help) { return help.name == found.front().name; });
    if (one_name) {
      for (const KeyHelp& help : found) print(sheet(help, context.out));
      return kDone;
    }
    std::vector<Row> rows;
    for (const KeyHelp& help : found) {
      rows.push_back({{{help.name, Colour::bold}, {help.type}, {help.file}, {help.meaning}}, ""});
    }
    print(render({"KEY", "TYPE", "FILE", "MEANING"}, rows, context.out));
    return kDone;
  }

 private:
  Result<int> unknown(const std::vector<KeyHelp>& all) const {
    for (const FutureKey& future : future_container_keys()) {
      if (future.name == key_) {
        return fail(key_ + " is not supported by this version: " + std::string(future.remedy));
      }
    }
    std::vector<std::string> names;
    for (const KeyHelp& help : all) names.push_back(help.name);
    const std::string_view near = nearest(key_, names);
    return fail("there is no key \"" + key_ + "\"" +
                (near.empty() ? "" : " (did you mean \"" + std::string(near) + "\"?)"));
  }

  std::string key_;
  bool json_ = false;
};

}  // namespace

CommandPtr make_explain() { return std::make_unique<Explain>(); }

}  // namespace berth::cli
