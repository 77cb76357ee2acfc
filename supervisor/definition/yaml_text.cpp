#include "supervisor/definition/yaml_text.h"

#include <algorithm>

namespace berth::definition {

namespace {

// yaml-cpp takes half a second for a line of 1 MiB, because it looks ahead to the end of a line
// before it knows whether something is a key; and 0.2 s for a text of 1 MiB over many lines, 0.1 s
// for comments. These bounds keep the worst text below 50 ms.
constexpr size_t kLineBytesMost = 64u << 10;
constexpr size_t kLinesMost = 20'000;
constexpr size_t kTextBytesMost = 192u << 10;  // without comments
constexpr size_t kBytesMost = 512u << 10;
constexpr size_t kOpenBracketsMost = 1000;

bool is_comment(std::string_view line) {
  const size_t first = line.find_first_not_of(' ');
  return first < 256 && line[first] == '#';
}

}  // namespace

YamlText::YamlText(std::string_view content) : content_(content), line_starts_{0} {
  for (size_t i = content.find('\n'); i != content.npos; i = content.find('\n', i + 1)) {
    line_starts_.push_back(i + 1);
  }
}

bool YamlText::check_bounds(Report& report) const {
  if (content_.size() > kBytesMost) {
    report.error(Place{}, "", "the file is larger than 512 KiB, the most for YAML",
                 "write it in TOML");
    return false;
  }
  size_t text_bytes = 0;
  size_t open = 0;
  for (size_t i = 0; i < line_starts_.size(); ++i) {
    const Place here{static_cast<unsigned>(i + 1), 1};
    if (i >= kLinesMost) {
      report.error(here, "", "the file has more than 20000 lines", "write it in TOML");
      return false;
    }
    const std::string_view line = line_text(i);
    if (line.size() > kLineBytesMost) {
      report.error(here, "", "the line is longer than 64 KiB", "break it, or write TOML");
      return false;
    }
    if (!is_comment(line)) text_bytes += line.size() + 1;
    if (text_bytes > kTextBytesMost) {
      report.error(here, "", "the file has more than 192 KiB of YAML", "write it in TOML");
      return false;
    }
    for (size_t column = 0; column < line.size(); ++column) {
      const char c = line[column];
      if (c == '[' || c == '{') ++open;
      if ((c == ']' || c == '}') && open > 0) --open;
      if (open <= kOpenBracketsMost) continue;
      report.error(place(static_cast<int>(i), static_cast<int>(column)), "",
                   "values nest deeper than " + std::to_string(kDepthMost) + " levels here");
      return false;
    }
  }
  return true;
}

Place YamlText::place(int line, int column) const {
  if (line < 0 || column < 0) return {};
  const auto index = static_cast<size_t>(line);
  auto characters = static_cast<size_t>(column);
  if (index < line_starts_.size() && line_text(index).size() <= 4096) {
    const std::string_view before = line_text(index).substr(0, characters);
    characters -= static_cast<size_t>(std::ranges::count_if(
        before, [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }));
  }
  return Place{static_cast<unsigned>(line + 1), static_cast<unsigned>(characters + 1)};
}

size_t YamlText::offset_of(int line, int column) const {
  if (line < 0 || column < 0 || static_cast<size_t>(line) >= line_starts_.size()) {
    return content_.size();
  }
  const size_t offset = line_starts_[static_cast<size_t>(line)] + static_cast<size_t>(column);
  return std::min(offset, content_.size());
}

bool YamlText::is_closed(size_t offset) const {
  const char mark = at(offset);
  if (mark != '"' && mark != '\'') return true;
  for (size_t i = offset + 1; i < content_.size(); ++i) {
    if (content_[i] == '\\' && mark == '"') {
      ++i;
    } else if (content_[i] == mark) {
      if (mark == '"' || at(i + 1) != mark) return true;
      ++i;  // '' within single quotes is one quote
    }
  }
  return false;
}

char YamlText::at(size_t offset) const {
  return offset < content_.size() ? content_[offset] : '\0';
}

bool YamlText::is_indented_with_tab(Place place) const {
  if (place.line == 0 || place.line > line_starts_.size()) return false;
  const std::string_view line = line_text(place.line - 1);
  return line.substr(0, line.find_first_not_of(" \t")).find('\t') != line.npos;
}

std::string_view YamlText::line_text(size_t line) const {
  const size_t start = line_starts_[line];
  const size_t next = line + 1 < line_starts_.size() ? line_starts_[line + 1] - 1 : content_.size();
  return content_.substr(start, next - start);
}

}  // namespace berth::definition
