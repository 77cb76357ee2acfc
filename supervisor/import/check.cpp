#include "supervisor/import/check.h"

#include <algorithm>
#include <map>
#include <set>

#include "supervisor/definition/load.h"
#include "supervisor/import/words.h"
#include "supervisor/model/keys.h"

namespace berth::importing {

namespace {

std::string without_indexes(std::string_view key) {
  std::string plain;
  bool within = false;
  for (const char c : key) {
    if (c == '[') within = true;
    if (!within) plain += c;
    if (c == ']') within = false;
  }
  return plain;
}

bool is_at_or_below(std::string_view key, std::string_view parent) {
  return key == parent || (key.starts_with(parent) && key.size() > parent.size() &&
                           (key[parent.size()] == '.' || key[parent.size()] == '['));
}

// The key of the tables for what is not supported yet that a diagnostic is about; "" for none.
std::string future_key(const Diagnostic& problem, bool network) {
  const std::string key = without_indexes(problem.key);
  for (const FutureKey& future : network ? future_network_keys() : future_container_keys()) {
    if (is_at_or_below(key, future.name)) return std::string(future.name);
  }
  for (const FutureValue& future : future_values()) {
    if (key != future.key) continue;
    if (problem.problem.find(quote(future.value)) == std::string::npos) continue;
    return std::string(future.key) + " = " + quote(future.value);
  }
  return "";
}

// What is missing only because a key that would give it is not supported yet.
bool is_answered(const Diagnostic& problem, const std::set<std::string>& waiting) {
  if (problem.key == "template" || problem.key == "command") return waiting.contains("image");
  return problem.key == "healthcheck" && waiting.contains("healthcheck.notify");
}

definition::Snapshot snapshot_of_files(const std::vector<OutputFile>& files) {
  definition::Snapshot snapshot;
  for (const OutputFile& file : files) {
    const bool network = file.path.starts_with("networks/");
    if (!network && !file.path.starts_with("containers/")) continue;
    const size_t start = file.path.find('/') + 1;
    const std::string name = file.path.substr(start, file.path.size() - start - 5);
    auto& kept = network ? snapshot.networks : snapshot.containers;
    kept.push_back(definition::File{file.path, name, definition::Format::toml, file.content});
  }
  return snapshot;
}

std::string listed(const std::vector<std::string>& places) {
  constexpr size_t kShown = 8;
  std::string text;
  for (size_t i = 0; i < places.size() && i < kShown; ++i) text += (i == 0 ? "" : ", ") + places[i];
  if (places.size() > kShown) text += " and " + std::to_string(places.size() - kShown) + " more";
  return text;
}

}  // namespace

Checked check_produced(const std::vector<OutputFile>& files) {
  const definition::LoadedSet set = definition::load(snapshot_of_files(files));
  std::map<std::string, std::vector<std::string>> waiting;  // key -> places
  std::map<std::string, std::set<std::string>> keys_of;     // file -> keys, items with their index
  for (const Diagnostic& problem : set.problems) {
    const bool network = problem.pos.file.starts_with("networks/");
    const std::string key = future_key(problem, network);
    if (key.empty()) continue;
    waiting[key].push_back(problem.pos.file + ":" + std::to_string(problem.pos.line));
    std::set<std::string>& known = keys_of[problem.pos.file];
    known.insert(key);
    // What an item with such a value lacks otherwise follows from it.
    if (const size_t item = problem.key.find(']'); item != problem.key.npos) {
      known.insert(problem.key.substr(0, item + 1));
    }
  }
  Checked checked;
  for (const Diagnostic& problem : set.problems) {
    const std::set<std::string>& known = keys_of[problem.pos.file];
    const bool network = problem.pos.file.starts_with("networks/");
    if (!future_key(problem, network).empty()) continue;
    if (std::ranges::any_of(known,
                            [&](const auto& key) { return is_at_or_below(problem.key, key); })) {
      continue;
    }
    if (is_answered(problem, known)) continue;
    checked.refused.push_back(problem);
  }
  for (const auto& [key, places] : waiting) {
    checked.not_yet.push_back(key + ": " + listed(places));
  }
  return checked;
}

}  // namespace berth::importing
