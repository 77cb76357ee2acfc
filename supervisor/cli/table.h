// Tables of aligned columns.
#pragma once

#include <string>
#include <vector>

#include "supervisor/cli/terminal.h"

namespace berth::cli {

struct Cell {
  std::string text;  // control characters in it are escaped
  Colour colour = Colour::plain;
};

struct Row {
  std::vector<Cell> cells;
  std::string below;                      // a line of its own, indented, under the row; empty: none
  std::vector<std::string> further = {};  // more of them
};

// Columns are as wide as their widest cell, two spaces apart; no line ends in spaces. Lines are
// cut to the terminal's width. A column whose cells are all empty is left out.
std::string render(const std::vector<std::string>& headings, const std::vector<Row>& rows,
                   const Terminal& terminal);

}  // namespace berth::cli
