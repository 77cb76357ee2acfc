#include "supervisor/definition/merged_keys.h"

#include <cstdio>
#include <utility>

#include "supervisor/definition/merge.h"
#include "supervisor/definition/report.h"
#include "supervisor/definition/wording.h"
#include "supervisor/model/values.h"

namespace berth::definition {

namespace {

bool is_bare_key(const std::string& key) {
  return !key.empty() && key.find_first_not_of(
                             "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789_-") == std::string::npos;
}

std::string key_in_toml(const std::string& key) { return is_bare_key(key) ? key : to_toml(key); }

class Flattener {
 public:
  Flattener(const Report& report, std::vector<MergedKey>& keys) : report_(report), keys_(keys) {}

  void flatten(const Table& table, const std::string& prefix) {
    for (const Member& member : table) {
      const std::string key = prefix + key_in_toml(member.key);
      const auto* members = member.value.get<Table>();
      if (members != nullptr && !members->empty()) {
        flatten(*members, key + ".");
      } else {
        keys_.push_back(MergedKey{key, member.value, report_.at(place_of(member))});
      }
    }
  }

 private:
  const Report& report_;
  std::vector<MergedKey>& keys_;
};

// The file with the paths that it has on this host in place of those that are shown.
File located(File file) {
  if (!file.origin.empty()) file.path = file.origin;
  for (File& drop_in : file.drop_ins) {
    if (!drop_in.origin.empty()) drop_in.path = drop_in.origin;
  }
  return file;
}

}  // namespace

MergedKeys merged_keys(const File& file) {
  const File here = located(file);
  MergedKeys merged;
  Report report(paths_of(here), file.name);
  if (const auto root = read_merged(here, report)) {
    Flattener(report, merged.keys).flatten(*root->get<Table>(), "");
  }
  merged.problems = std::move(report).take();
  return merged;
}

std::string to_toml(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      char code[8];
      std::snprintf(code, sizeof code, "\\u%04X", byte);
      quoted += code;
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string to_toml(const Value& value) {
  struct Write {
    std::string operator()(const Null&) const { return "\"\""; }
    std::string operator()(const Broken&) const { return "\"\""; }
    std::string operator()(bool flag) const { return flag ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const {
      const std::string text = format_value(number);
      return text.find_first_of(".en") == std::string::npos ? text + ".0" : text;
    }
    std::string operator()(const std::string& text) const { return to_toml(text); }
    std::string operator()(const List& list) const {
      std::string text;
      for (const Value& item : list) text += (text.empty() ? "" : ", ") + to_toml(item);
      return "[" + text + "]";
    }
    std::string operator()(const Table& table) const {
      std::string text;
      for (const Member& member : table) {
        text +=
            (text.empty() ? "" : ", ") + key_in_toml(member.key) + " = " + to_toml(member.value);
      }
      return text.empty() ? "{}" : "{ " + text + " }";
    }
  };
  return std::visit(Write{}, value.data);
}

}  // namespace berth::definition
