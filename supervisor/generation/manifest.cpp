#include "supervisor/generation/manifest.h"

#include <algorithm>
#include <array>
#include <utility>

#include <nlohmann/json.hpp>

namespace berth::generation {

namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kNamesMost = 50;

constexpr std::array<std::pair<Outcome, std::string_view>, 5> kOutcomes{
    {{Outcome::taken, "taken"},
     {Outcome::probation, "on probation"},
     {Outcome::ready, "ready"},
     {Outcome::undone, "undone"},
     {Outcome::replaced, "replaced"}}};

Json write(const NameList& list) { return Json{{"count", list.count}, {"names", list.names}}; }

Json write(const Manifest& manifest) {
  return Json{{"number", manifest.number},
              {"time", manifest.time},
              {"hash", manifest.hash},
              {"commit", manifest.commit},
              {"reason", manifest.reason},
              {"outcome", name_of(manifest.outcome)},
              {"copy_of", manifest.copy_of},
              {"undoes", manifest.undoes},
              {"pin", manifest.pin},
              {"added", write(manifest.added)},
              {"changed", write(manifest.changed)},
              {"removed", write(manifest.removed)},
              {"networks", write(manifest.networks)},
              {"kept", write(manifest.kept)}};
}

std::string text_of(const Json& json, int indent) {
  return json.dump(indent, ' ', false, Json::error_handler_t::replace) + "\n";
}

std::string string_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}

std::uint64_t number_at(const Json& json, const char* name) {
  const auto found = json.find(name);
  return found != json.end() && found->is_number_unsigned() ? found->get<std::uint64_t>() : 0;
}

NameList names_at(const Json& json, const char* name) {
  NameList list;
  const auto found = json.find(name);
  if (found == json.end() || !found->is_object()) return list;
  list.count = number_at(*found, "count");
  const auto names = found->find("names");
  if (names == found->end() || !names->is_array()) return list;
  for (const Json& each : *names) {
    if (each.is_string()) list.names.push_back(each.get<std::string>());
  }
  return list;
}

}  // namespace

std::string_view name_of(Outcome outcome) {
  return std::ranges::find(kOutcomes, outcome, &std::pair<Outcome, std::string_view>::first)
      ->second;
}

NameList name_list(const std::vector<std::string>& names) {
  NameList list{names.size(), names};
  if (list.names.size() > kNamesMost) list.names.resize(kNamesMost);
  return list;
}

std::string to_json(const Manifest& manifest) { return text_of(write(manifest), 2); }

Result<Manifest> parse_manifest(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object()) return fail("it is cut off, or no JSON object");
  Manifest manifest;
  manifest.number = number_at(json, "number");
  manifest.time = string_at(json, "time");
  manifest.hash = string_at(json, "hash");
  manifest.commit = string_at(json, "commit");
  manifest.reason = string_at(json, "reason");
  const std::string outcome = string_at(json, "outcome");
  for (const auto& [value, word] : kOutcomes) {
    if (word == outcome) manifest.outcome = value;
  }
  manifest.copy_of = number_at(json, "copy_of");
  manifest.undoes = number_at(json, "undoes");
  manifest.pin = string_at(json, "pin");
  manifest.added = names_at(json, "added");
  manifest.changed = names_at(json, "changed");
  manifest.removed = names_at(json, "removed");
  manifest.networks = names_at(json, "networks");
  manifest.kept = names_at(json, "kept");
  if (manifest.number == 0 || !is_digest(manifest.hash)) return fail("it lacks number or hash");
  return manifest;
}

std::string history_document(const std::vector<Manifest>& newest_first) {
  Json array = Json::array();
  for (const Manifest& manifest : newest_first) {
    Json entry = write(manifest);
    const bool in_force = array.empty();
    entry["in_force"] = in_force;
    entry["pinned"] = in_force && !manifest.pin.empty();
    array.push_back(std::move(entry));
  }
  return text_of(array, 2);
}

}  // namespace berth::generation
