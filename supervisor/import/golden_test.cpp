// Golden imports: tests/import has files as people write them, and beside each NAME.expected what
// is made of it: the definitions, and the report of what is lost. BERTH_UPDATE_EXPECTED=1 writes
// them anew, to be reviewed as a diff.
#include <cstdlib>
#include <map>

#include <doctest/doctest.h>

#include "supervisor/import/check.h"
#include "supervisor/import/testing.h"

using namespace berth;
using namespace berth::importing;
using namespace berth::importing::testing;

TEST_CASE("every file of another tool becomes exactly the expected definitions and report") {
  std::map<SourceKind, unsigned> counts;
  for (const Input& input : inputs()) {
    CAPTURE(input.name);
    const fs::path expected = input.path.parent_path() / (input.path.stem().string() + ".expected");
    const std::string text = told(import_input(input));
    if (std::getenv("BERTH_UPDATE_EXPECTED") != nullptr) std::ofstream(expected) << text;
    CHECK(text == content_of(expected));
    ++counts[input.kind];
  }
  CHECK(counts[SourceKind::compose] >= 30);
  CHECK(counts[SourceKind::quadlet] >= 24);
  CHECK(counts[SourceKind::lxc] >= 24);
  CHECK(counts[SourceKind::kubernetes] >= 30);
}

TEST_CASE("what an import produces is taken by the loader, but for what this version lacks") {
  for (const Input& input : inputs()) {
    CAPTURE(input.name);
    for (const Diagnostic& refused : check_produced(import_input(input).files).refused) {
      CAPTURE(format(refused));
      // Only what a source does not have at all cannot be mended.
      const bool missing = refused.key == "template" || refused.key == "command";
      CHECK(missing);
    }
  }
}
