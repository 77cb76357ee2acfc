#include "supervisor/cli/table.h"

#include <algorithm>

namespace berth::cli {

namespace {

std::string cell_text(const Row& row, std::size_t column) {
  return column < row.cells.size() ? escaped(row.cells[column].text) : std::string();
}

// Pads, cuts and paints one line. `left` is what the terminal still has room for; 0: no limit.
class Line {
 public:
  explicit Line(const Terminal& terminal) : terminal_(terminal) {}

  void add(const std::string& text, std::size_t width, Colour colour) {
    if (full_) return;
    const std::size_t gap = text_.empty() ? 0 : owed_ + 2;
    if (terminal_.width != 0 && used_ + gap + columns_of(text) > terminal_.width) full_ = true;
    if (full_ && used_ + gap + 1 > terminal_.width) return;
    const std::string shown = full_ ? cut(text, terminal_.width - used_ - gap) : text;
    if (!shown.empty() || text_.empty()) {
      text_ += std::string(gap, ' ') + terminal_.paint(colour, shown);
      used_ += gap + columns_of(shown);
      owed_ = width - std::min(width, columns_of(shown));
    } else {
      owed_ += 2 + width;
    }
  }
  [[nodiscard]] std::string take() const { return text_ + "\n"; }

 private:
  const Terminal& terminal_;
  std::string text_;
  std::size_t used_ = 0;  // columns
  std::size_t owed_ = 0;  // padding that is written only when something follows
  bool full_ = false;
};

}  // namespace

std::string render(const std::vector<std::string>& headings, const std::vector<Row>& rows,
                   const Terminal& terminal) {
  std::vector<std::size_t> widths(headings.size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < headings.size(); ++i) {
      widths[i] = std::max(widths[i], columns_of(cell_text(row, i)));
    }
  }
  const auto for_columns = [&](auto visit) {
    for (std::size_t i = 0; i < headings.size(); ++i) {
      if (widths[i] != 0) visit(i, std::max(widths[i], columns_of(headings[i])));
    }
  };
  Line head(terminal);
  for_columns(
      [&](std::size_t i, std::size_t width) { head.add(headings[i], width, Colour::bold); });
  std::string out = head.take();
  for (const Row& row : rows) {
    Line line(terminal);
    for_columns([&](std::size_t i, std::size_t width) {
      const Colour colour = i < row.cells.size() ? row.cells[i].colour : Colour::plain;
      line.add(cell_text(row, i), width, colour);
    });
    out += line.take();
    const auto add_below = [&](const std::string& below) {
      out += terminal.paint(Colour::red, cut("  " + escaped(below), terminal.width)) + "\n";
    };
    if (!row.below.empty()) add_below(row.below);
    std::ranges::for_each(row.further, add_below);
  }
  return out;
}

}  // namespace berth::cli
