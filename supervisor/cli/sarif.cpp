#include "supervisor/cli/sarif.h"

#include <algorithm>
#include <map>

#include <nlohmann/json.hpp>

#include "supervisor/model/key_info.h"

namespace berth::cli {

namespace {

using Json = nlohmann::ordered_json;

// "mounts[0].source" -> "mounts.source": the same rule for every item.
std::string rule_of(const Diagnostic& problem) {
  std::string rule;
  bool inside = false;
  for (const char c : problem.key) {
    if (c == '[') inside = true;
    if (!inside) rule += c;
    if (c == ']') inside = false;
  }
  return rule.empty() ? "definition" : rule;
}

std::string meaning_of(const std::string& rule, const std::vector<KeyInfo>& keys) {
  const auto found = std::ranges::find(keys, rule, &KeyInfo::name);
  if (found != keys.end() && !found->meaning.empty()) return rule + ": " + found->meaning;
  return rule == "definition" ? "the file as a whole" : rule;
}

// A relative path, or an absolute one as a file URI; RFC 3986 quoting.
std::string uri_of(const std::string& path) {
  constexpr std::string_view kPlain =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  std::string uri = path.starts_with('/') ? "file://" : "";
  for (const char c : path) {
    if (kPlain.find(c) != kPlain.npos) {
      uri += c;
    } else {
      const auto byte = static_cast<unsigned char>(c);
      uri += {'%', kDigits[byte >> 4], kDigits[byte & 15]};
    }
  }
  return uri;
}

Json location_of(const SourcePos& pos) {
  Json place{{"artifactLocation", {{"uri", uri_of(pos.file)}}}};
  if (pos.line != 0) {
    Json region{{"startLine", pos.line}};
    if (pos.column != 0) region["startColumn"] = pos.column;
    place["region"] = std::move(region);
  }
  return {{"physicalLocation", std::move(place)}};
}

Json result_of(const Diagnostic& problem) {
  std::string text = problem.key.empty() ? "" : problem.key + ": ";
  text += problem.problem;
  if (!problem.remedy.empty()) text += " (" + problem.remedy + ")";
  return {{"ruleId", rule_of(problem)},
          {"level", problem.severity == Severity::error ? "error" : "warning"},
          {"message", {{"text", text}}},
          {"locations", Json::array({location_of(problem.pos)})}};
}

}  // namespace

std::string sarif_document(const std::vector<Diagnostic>& problems) {
  const std::vector<KeyInfo> keys = all_keys();
  std::map<std::string, Json> rules;
  Json results = Json::array();
  for (const Diagnostic& problem : problems) {
    const std::string rule = rule_of(problem);
    rules[rule] = {{"id", rule}, {"shortDescription", {{"text", meaning_of(rule, keys)}}}};
    results.push_back(result_of(problem));
  }
  Json rule_list = Json::array();
  for (auto& [name, rule] : rules) rule_list.push_back(std::move(rule));
  const Json driver{{"name", "berth"}, {"version", BERTH_VERSION}, {"rules", std::move(rule_list)}};
  const Json run{{"tool", {{"driver", driver}}},
                 {"columnKind", "unicodeCodePoints"},
                 {"results", std::move(results)}};
  const Json document{{"$schema", "https://json.schemastore.org/sarif-2.1.0.json"},
                      {"version", "2.1.0"},
                      {"runs", Json::array({run})}};
  // What a file says may be no UTF-8; it is shown with replacement characters.
  return document.dump(2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace berth::cli
