// The shortest edit by Myers' greedy algorithm ("An O(ND) Difference Algorithm", 1986).
#include "supervisor/generation/text_diff.h"

#include <algorithm>
#include <vector>

namespace berth::generation {

namespace {

constexpr int kContext = 3;
constexpr int kEditsMost = 2000;

using Lines = std::vector<std::string_view>;

Lines lines_of(std::string_view text) {
  Lines lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    lines.push_back(text.substr(0, end));
    text.remove_prefix(end);
  }
  return lines;
}

enum class Kind { same, removed, added };
struct Edit {
  Kind kind;
  int before;  // indexes of the line, and of where it would be in the other text
  int after;
};

// For each number of edits, how far each diagonal gets; stops when the end is reached.
class Search {
 public:
  Search(const Lines& before, const Lines& after)
      : before_(before),
        after_(after),
        rows_(static_cast<int>(before.size())),
        columns_(static_cast<int>(after.size())) {}

  std::vector<Edit> run() {
    const int most = std::min(rows_ + columns_, kEditsMost);
    const int width = most + 1;
    std::vector<int> reach(static_cast<std::size_t>(2 * width + 1), 0);
    const auto at = [&](int diagonal) -> int& {
      return reach[static_cast<std::size_t>(diagonal + width)];
    };
    for (int edits = 0; edits <= most; ++edits) {
      trace_.emplace_back(reach.begin() + (width - edits - 1), reach.begin() + (width + edits + 2));
      for (int diagonal = -edits; diagonal <= edits; diagonal += 2) {
        const bool down =
            diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
        int row = down ? at(diagonal + 1) : at(diagonal - 1) + 1;
        // `row` counts lines of `before`; going down takes one of `after`.
        while (row < rows_ && row - diagonal < columns_ && same(row, row - diagonal)) ++row;
        at(diagonal) = row;
        if (row >= rows_ && row - diagonal >= columns_) return walk_back(edits);
      }
    }
    return replace_all();
  }

 private:
  [[nodiscard]] bool same(int row, int column) const {
    return before_[static_cast<std::size_t>(row)] == after_[static_cast<std::size_t>(column)];
  }

  [[nodiscard]] std::vector<Edit> walk_back(int edits) const {
    std::vector<Edit> path;
    int row = rows_;
    int column = columns_;
    for (; edits >= 0; --edits) {
      const std::vector<int>& reach = trace_[static_cast<std::size_t>(edits)];
      const auto at = [&](int diagonal) {
        return reach[static_cast<std::size_t>(diagonal + edits + 1)];
      };
      const int diagonal = row - column;
      const bool down =
          diagonal == -edits || (diagonal != edits && at(diagonal - 1) < at(diagonal + 1));
      const int former = down ? diagonal + 1 : diagonal - 1;
      const int former_row = edits == 0 ? 0 : at(former);
      const int former_column = edits == 0 ? 0 : former_row - former;
      const int begin_row = edits == 0 ? 0 : (down ? former_row : former_row + 1);
      while (row > begin_row && column > 0 && row - 1 >= 0) {
        --row;
        --column;
        path.push_back({Kind::same, row, column});
      }
      if (edits == 0) break;
      path.push_back({down ? Kind::added : Kind::removed, former_row, former_column});
      row = former_row;
      column = former_column;
    }
    std::ranges::reverse(path);
    return path;
  }

  [[nodiscard]] std::vector<Edit> replace_all() const {
    std::vector<Edit> path;
    for (int row = 0; row < rows_; ++row) path.push_back({Kind::removed, row, 0});
    for (int column = 0; column < columns_; ++column) path.push_back({Kind::added, rows_, column});
    return path;
  }

  const Lines& before_;
  const Lines& after_;
  int rows_;
  int columns_;
  std::vector<std::vector<int>> trace_;
};

void add_line(std::string& text, char mark, std::string_view line) {
  text += mark;
  text += line;
  if (!line.ends_with('\n')) text += "\n\\ No newline at end of file\n";
}

// "12,3"; an empty range names the line before it.
std::string range(int begin, int count) {
  return std::to_string(count == 0 ? begin : begin + 1) +
         (count == 1 ? "" : "," + std::to_string(count));
}

std::string hunk(const std::vector<Edit>& path, std::size_t begin, std::size_t end,
                 const Lines& before, const Lines& after) {
  std::string body;
  int removed = 0;
  int added = 0;
  for (std::size_t i = begin; i < end; ++i) {
    const Edit& edit = path[i];
    if (edit.kind != Kind::added) ++removed;
    if (edit.kind != Kind::removed) ++added;
    const auto row = static_cast<std::size_t>(edit.before);
    const auto column = static_cast<std::size_t>(edit.after);
    switch (edit.kind) {
      case Kind::same: add_line(body, ' ', before[row]); break;
      case Kind::removed: add_line(body, '-', before[row]); break;
      case Kind::added: add_line(body, '+', after[column]); break;
    }
  }
  return "@@ -" + range(path[begin].before, removed) + " +" + range(path[begin].after, added) +
         " @@\n" + body;
}

}  // namespace

std::string unified_diff(const std::string& before_name, std::string_view before,
                         const std::string& after_name, std::string_view after) {
  if (before == after && before_name.empty() == after_name.empty()) return "";
  const Lines old_lines = lines_of(before);
  const Lines new_lines = lines_of(after);
  const std::vector<Edit> path = Search(old_lines, new_lines).run();
  std::string text = "--- " + (before_name.empty() ? "/dev/null" : before_name) + "\n+++ " +
                     (after_name.empty() ? "/dev/null" : after_name) + "\n";
  const auto is_edit = [&](std::size_t i) { return path[i].kind != Kind::same; };
  for (std::size_t i = 0; i < path.size();) {
    if (!is_edit(i)) {
      ++i;
      continue;
    }
    const std::size_t begin = i < kContext ? 0 : i - kContext;
    // The hunk goes on as long as no more than twice the context lies between two edits.
    std::size_t last = i;
    for (std::size_t j = i; j < path.size() && j - last <= 2 * kContext; ++j) {
      if (is_edit(j)) last = j;
    }
    const std::size_t end = std::min(last + 1 + kContext, path.size());
    text += hunk(path, begin, end, old_lines, new_lines);
    i = end;
  }
  return text;
}

}  // namespace berth::generation
