// The plan as a document for programs.
#include <nlohmann/json.hpp>

#include "supervisor/cli/plan_text.h"
#include "supervisor/control/documents.h"

namespace berth::cli {

namespace {

using Json = nlohmann::ordered_json;

Json place(const SourcePos& pos) {
  return Json{{"file", pos.file}, {"line", pos.line}, {"column", pos.column}};
}

template <class T>
Json write_all(const std::vector<T>& values);

Json write(const KeyChange& change) {
  return Json{{"key", change.key},
              {"before", change.before},
              {"after", change.after},
              {"cost", name_of(change.cost)}};
}

Json write(const PreviewChange& change) {
  Json json = write(change.change);
  json.update(place(change.where));
  json["waits"] = change.waits;
  return json;
}

Json write(const PreviewItem& item) {
  const char* kind = item.is_network ? "network" : "container";
  return Json{{"kind", item.is_unit ? "unit" : kind},
              {"name", item.name},
              {"fate", name_of(item.fate)},
              {"reason", item.reason},
              {"follows", item.follows},
              {"waits_for", item.waits_for},
              {"file", item.where.file},
              {"changes", write_all(item.changes)}};
}

Json write(const Action& action) {
  return Json{{"subject", action.subject},
              {"action", name_of(action.deed)},
              {"reason", action.reason},
              {"follows", action.follows},
              {"changes", write_all(action.changes)}};
}

template <class T>
Json write_all(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(write(value));
  return list;
}

Json summary(const Preview& preview) {
  Json counts = Json::object();
  for (std::size_t i = 0; i < kFates; ++i) {
    const Fate fate = static_cast<Fate>(i);
    std::size_t count = 0;
    for (const PreviewItem& item : preview.items) {
      if (!item.is_network && !item.is_unit && item.fate == fate) ++count;
    }
    counts[std::string(name_of(fate))] = count;
  }
  return counts;
}

}  // namespace

std::string plan_json(const Planned& planned) {
  const Preview& preview = planned.preview;
  Json json{
      {"generation", {{"before", preview.generation_before}, {"after", preview.generation_after}}},
      {"summary", summary(preview)},
      {"held_back", planned.held_back},
      {"items", write_all(preview.items)},
      {"actions", write_all(preview.actions)},
      {"problems", Json::parse(control::diagnostics_document(planned.problems), nullptr, false)}};
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace berth::cli
