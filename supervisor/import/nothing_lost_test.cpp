// Nothing is dropped silently: whatever stands in a source is carried over or reported. Shown in
// three ways, over all inputs of tests/import: by the marks, by the report alone, and by changing
// each value and asking whether anybody noticed.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "supervisor/import/product.h"
#include "supervisor/import/testing.h"

using namespace berth;
using namespace berth::importing;
using namespace berth::importing::testing;

namespace {

template <class Visit>
void visit_leaves(const Node& node, const Visit& visit) {
  if (node.is_leaf()) return visit(node);
  for (const Node& child : node.children()) visit_leaves(child, visit);
}

bool is_reported(const Node& leaf, const Imported& imported) {
  return std::ranges::any_of(imported.entries, [&](const Entry& entry) {
    const bool same_file = entry.place.file == leaf.place().file;
    const bool above = entry.key.empty() || leaf.path() == entry.key ||
                       leaf.path().starts_with(entry.key + ".") ||
                       leaf.path().starts_with(entry.key + "[");
    return same_file && above;
  });
}

// The places of all leaves, as indexes from the root.
void collect(const Node& node, std::vector<std::size_t>& here,
             std::vector<std::vector<std::size_t>>& leaves) {
  if (node.is_leaf()) leaves.push_back(here);
  for (std::size_t i = 0; i < node.children().size(); ++i) {
    here.push_back(i);
    collect(node.children()[i], here, leaves);
    here.pop_back();
  }
}

Node& node_at(std::vector<Node>& roots, const std::vector<std::size_t>& indexes) {
  Node* node = &roots[indexes[0]];
  for (std::size_t i = 1; i < indexes.size(); ++i) node = &node->changeable_children()[indexes[i]];
  return *node;
}

std::vector<Node> read(const Input& input) {
  Product product(input.settings);
  std::vector<Node> sources;
  for (const SourceFile& file : input.files) {
    if (input.kind == SourceKind::quadlet) {
      sources.push_back(read_unit(file, product));
    } else if (input.kind == SourceKind::lxc) {
      sources.push_back(read_lxc_config(file, product));
    } else {
      for (Node& document : read_yaml_source(file, product)) sources.push_back(std::move(document));
    }
  }
  return product.errors.empty() ? sources : std::vector<Node>();
}

// What counts as carried over although its value changes nothing: it is the case anyway, whatever
// it says, or another value in its place says it.
bool is_idle(const Node& leaf, SourceKind kind) {
  const std::string& path = leaf.path();
  if (kind == SourceKind::kubernetes) {
    // The version of an API; the times and numbers that kubectl prints.
    return path.ends_with("apiVersion") || path.find("metadata.") != path.npos ||
           // A workload finds its own pods, whatever the labels.
           path.find("selector.") != path.npos ||
           // It is there, so it does not matter whether it must be.
           path.ends_with(".optional") ||
           // A name by which a port can be referred to.
           (path.find("ports[") != path.npos && path.ends_with("].name"));
  }
  // The reader has dealt with it, before these tests change anything.
  return path == "lxc.include";
}

}  // namespace

TEST_CASE("a change of any value changes what is produced, or what is reported") {
  std::size_t tried = 0;
  for (const Input& input : inputs()) {
    CAPTURE(input.name);
    std::vector<Node> sources = read(input);
    const Imported before = import_nodes(input.kind, sources, input.settings);
    if (!before.errors.empty() || sources.size() != before.sources.size()) continue;
    const std::string told_before = told(before);
    for (std::size_t root = 0; root < sources.size(); ++root) {
      std::vector<std::vector<std::size_t>> leaves;
      std::vector<std::size_t> here{root};
      collect(sources[root], here, leaves);
      for (const auto& leaf : leaves) {
        std::vector<Node> changed = sources;
        Node& node = node_at(changed, leaf);
        if (!node.is_scalar() || is_reported(node, before) || is_idle(node, input.kind)) continue;
        node.replace_text(node.text() + "zz");
        CAPTURE(format(node.place()));
        CAPTURE(node.path());
        const bool noticed = told(import_nodes(input.kind, changed, input.settings)) != told_before;
        CHECK(noticed);
        ++tried;
      }
    }
  }
  CHECK(tried > 1200);
}

TEST_CASE("no value of a source is left without a mark") {
  for (const Input& input : inputs()) {
    const Imported imported = import_input(input);
    for (const Node& source : imported.sources) {
      visit_leaves(source, [&](const Node& leaf) {
        CAPTURE(input.name);
        CAPTURE(format(leaf.place()));
        CAPTURE(leaf.path());
        if (imported.errors.empty()) CHECK(leaf.fate() != Fate::open);
      });
    }
  }
}

TEST_CASE("every value that is marked as reported is covered by an entry of the report") {
  for (const Input& input : inputs()) {
    const Imported imported = import_input(input);
    for (const Node& source : imported.sources) {
      visit_leaves(source, [&](const Node& leaf) {
        CAPTURE(input.name);
        CAPTURE(format(leaf.place()));
        CAPTURE(leaf.path());
        if (leaf.fate() == Fate::reported) CHECK(is_reported(leaf, imported));
      });
    }
  }
}
