// YAML of other tools as nodes: merge keys (<<) are carried out here, so that nobody else has to
// know of them.
#include <algorithm>

#include "supervisor/definition/reader.h"
#include "supervisor/import/product.h"

namespace berth::importing {

namespace {

class Builder {
 public:
  explicit Builder(const std::string& file) : file_(file) {}

  Node build(const definition::Value& value, definition::Place place) const {
    const SourcePos pos{file_, place.line, place.column};
    if (const auto* text = value.get<std::string>()) return Node(Kind::scalar, pos, *text);
    if (const auto* list = value.get<definition::List>()) {
      Node node(Kind::list, pos);
      for (const definition::Value& item : *list) node.add("", build(item, item.place));
      return node;
    }
    if (const auto* table = value.get<definition::Table>()) {
      Node node(Kind::table, pos);
      fill(node, *table);
      return node;
    }
    return Node(Kind::null, pos);
  }

 private:
  // What stands in the table itself wins over what it merges, and of that what comes first.
  void fill(Node& node, const definition::Table& table) const {
    for (const definition::Member& member : table) {
      if (member.key == "<<" || node.find(member.key) != nullptr) continue;
      node.add(member.key, build(member.value, definition::place_of(member)));
    }
    for (const definition::Member& member : table) {
      if (member.key != "<<") continue;
      if (const auto* other = member.value.get<definition::Table>()) fill(node, *other);
      if (const auto* others = member.value.get<definition::List>()) {
        for (const definition::Value& other : *others) {
          if (const auto* merged = other.get<definition::Table>()) fill(node, *merged);
        }
      }
    }
  }

  const std::string& file_;
};

}  // namespace

std::vector<Node> read_yaml_source(const SourceFile& file, Product& product) {
  definition::Report report(file.path, "");
  const auto documents = definition::read_foreign_yaml(file.content, report);
  std::vector<Node> nodes;
  if (!documents || report.failed()) {
    for (Diagnostic& problem : std::move(report).take()) product.errors.push_back(problem);
    return nodes;
  }
  for (const definition::Value& document : *documents) {
    if (document.get<definition::Null>() != nullptr) continue;
    Node node = Builder(file.path).build(document, document.place);
    if (!node.is_table()) {
      product.errors.push_back(Diagnostic{Severity::error, node.place(), "",
                                          "a document of keys with values was expected", "", ""});
      continue;
    }
    node.name_paths("");
    nodes.push_back(std::move(node));
  }
  return nodes;
}

}  // namespace berth::importing
