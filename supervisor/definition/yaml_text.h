// The text behind yaml-cpp's marks: places as people count them, the end of quoted scalars (which
// yaml-cpp 0.7 does not insist on), and bounds checked before it is parsed.
#pragma once

#include <string_view>
#include <vector>

#include "supervisor/definition/report.h"

namespace berth::definition {

class YamlText {
 public:
  // `content` must outlive it.
  explicit YamlText(std::string_view content);

  // False, with a report, for text that yaml-cpp would take too long over or recurse too deeply
  // for. It looks at brackets without understanding quotes, so its bounds are wider than those
  // which the tree applies to what was really meant.
  bool check_bounds(Report& report) const;

  // From a mark's line and byte column, both counted from 0.
  [[nodiscard]] Place place(int line, int column) const;
  [[nodiscard]] size_t offset_of(int line, int column) const;

  // Whether the quoted scalar that begins at this offset has its closing quote. True for a
  // scalar that is not quoted.
  [[nodiscard]] bool is_closed(size_t offset) const;
  [[nodiscard]] char at(size_t offset) const;
  // Whether a tab stands before the first word of this place's line.
  [[nodiscard]] bool is_indented_with_tab(Place place) const;

 private:
  [[nodiscard]] std::string_view line_text(size_t line) const;

  std::string_view content_;
  std::vector<size_t> line_starts_;
};

}  // namespace berth::definition
