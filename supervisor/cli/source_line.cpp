#include "supervisor/cli/source_line.h"

#include <algorithm>

namespace berth::cli {

namespace {

// The line of this number, from 1; empty when there is none.
std::string_view line_of(std::string_view content, unsigned number) {
  for (unsigned i = 1; i < number; ++i) {
    const std::size_t end = content.find('\n');
    if (end == std::string_view::npos) return {};
    content.remove_prefix(end + 1);
  }
  std::string_view line = content.substr(0, content.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// The first `columns` code points.
std::string_view before_column(std::string_view line, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins = (static_cast<unsigned char>(line[i]) & 0xc0) != 0x80;
    if (begins && seen++ == columns) return line.substr(0, i);
  }
  return line;
}

}  // namespace

std::string render_diagnostic(const Diagnostic& diagnostic, std::string_view content,
                              const Terminal& terminal) {
  const Colour colour = diagnostic.severity == Severity::error ? Colour::red : Colour::yellow;
  std::string text = escaped(format(diagnostic)) + "\n";
  const std::string_view line = line_of(content, diagnostic.pos.line);
  if (diagnostic.pos.line == 0 || line.empty()) return text;
  const std::string number = std::to_string(diagnostic.pos.line);
  const std::string margin(std::max<std::size_t>(5, number.size() + 1), ' ');
  // A tab may be of any width, but for the caret's sake it is one space here.
  std::string shown(line);
  std::ranges::replace(shown, '\t', ' ');
  text += margin.substr(number.size()) + number + " | " +
          cut(escaped(shown), terminal.width > 10 ? terminal.width - 8 : 0) + "\n";
  if (diagnostic.pos.column == 0) return text;
  const std::string_view before = before_column(shown, diagnostic.pos.column - 1);
  text += margin + " | " + std::string(columns_of(escaped(before)), ' ') +
          terminal.paint(colour, "^") + "\n";
  return text;
}

}  // namespace berth::cli
