// berth explain: what a key of a definition means, from the key tables.
#include <algorithm>

#include "supervisor/base/nearest.h"
#include "supervisor/cli/command.h"
#include "supervisor/cli/table.h"
#include "supervisor/control/documents.h"
#include "supervisor/model/key_info.h"
#include "supervisor/record/json_text.h"

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
bool matches(const KeyInfo& info, const std::string& asked) {
  if (asked.empty() || info.name == asked || info.name.starts_with(asked + ".")) return true;
  return info.file + ":" + info.name == asked ||
         (!info.place.empty() && asked == info.place + "." + info.name);
}

// All keys of one file: "berthd", "berthd.toml".
bool is_of(const KeyInfo& info, const std::string& asked) {
  return info.place == asked || info.file == asked;
}

std::string joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : ", ") + word;
  return text;
}

std::string sheet(const KeyInfo& info, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, info.name) + "  (" + info.file + ")\n";
  if (!info.meaning.empty()) text += "  " + info.meaning + "\n";
  const auto line = [&](std::string_view label, const std::string& value) {
    if (!value.empty()) text += "  " + std::string(label) + value + "\n";
  };
  if (!info.supported()) {
    line("this version does not support it: ", info.remedy);
    return text;
  }
  line("type:     ", type_in_words(info));
  line("choices:  ", joined(info.words));
  line("range:    ", range_in_words(info));
  line("default:  ", info.default_text.empty() ? "unset" : info.default_text);
  if (info.has_cost) line("a change: ", std::string(in_words(info.cost)));
  line("example:  ", info.example.empty() ? "" : info.leaf + " = " + info.example);
  return text;
}

std::string document(const std::vector<KeyInfo>& found) {
  std::string json;
  for (const KeyInfo& info : found) {
    const auto member = [](std::string_view name, const std::string& value) {
      return record::quoted(name) + ":" + record::quoted(value);
    };
    json += json.empty() ? "[{" : ",{";
    json += member("name", info.name) + "," + member("file", info.file) + "," +
            member("type", type_in_words(info)) + "," + member("default", info.default_text) + "," +
            member("choices", joined(info.words)) + "," + member("range", range_in_words(info)) +
            "," + member("cost", info.has_cost ? std::string(name_of(info.cost)) : "") + "," +
            member("meaning", info.meaning) + "," + member("example", info.example) + "," +
            member("instead", info.remedy) + "}";
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
    const std::vector<KeyInfo> all = all_keys();
    key_ = plain(key_);
    std::vector<KeyInfo> found;
    std::ranges::copy_if(all, std::back_inserter(found),
                         [&](const KeyInfo& info) { return matches(info, key_); });
    if (found.empty()) {
      std::ranges::copy_if(all, std::back_inserter(found),
                           [&](const KeyInfo& info) { return is_of(info, key_); });
    }
    if (found.empty()) return unknown(all);
    if (json_) {
      print(control::indented(document(found)) + "\n");
      return kDone;
    }
    const bool one_name = std::ranges::all_of(
        found, [&](const KeyInfo& info) { return info.name == found.front().name; });
    if (one_name) {
      for (const KeyInfo& info : found) print(sheet(info, context.out));
      return kDone;
    }
    // A key with items of its own is explained by itself, then its items' keys are listed.
    for (const KeyInfo& info : found) {
      if (info.name == key_) print(sheet(info, context.out) + "\n");
    }
    std::vector<Row> rows;
    for (const KeyInfo& info : found) {
      if (!info.supported()) continue;
      rows.push_back(
          {{{info.name, Colour::bold}, {type_in_words(info)}, {info.file}, {info.meaning}}, ""});
    }
    print(render({"KEY", "TYPE", "FILE", "MEANING"}, rows, context.out));
    return kDone;
  }

 private:
  Result<int> unknown(const std::vector<KeyInfo>& all) const {
    std::vector<std::string> names;
    for (const KeyInfo& info : all) names.push_back(info.name);
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
