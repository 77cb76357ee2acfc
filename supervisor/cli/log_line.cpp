#include "supervisor/cli/log_line.h"

namespace berth::cli {

namespace {

// Up to the next space, which is taken along.
std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

}  // namespace

std::optional<LogLine> parse_log_line(std::string_view line) {
  LogLine parsed;
  std::string_view rest = line;
  parsed.time = take_word(rest);
  parsed.stream = take_word(rest);
  const std::string_view tag = take_word(rest);
  if (parsed.time.size() < 20 || parsed.time[4] != '-' || parsed.time[10] != 'T')
    return std::nullopt;
  if (parsed.stream != "stdout" && parsed.stream != "stderr") return std::nullopt;
  // Tags may be joined by colons; the first one tells whether the line is whole.
  if (tag != "F" && tag != "P" && !tag.starts_with("F:") && !tag.starts_with("P:")) {
    return std::nullopt;
  }
  parsed.partial = tag.front() == 'P';
  parsed.text = rest;
  return parsed;
}

}  // namespace berth::cli
