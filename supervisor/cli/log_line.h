// Log lines in the Kubernetes CRI format. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace berth::cli {

// "2026-01-02T03:04:05.678901234Z stdout F the text"; P instead of F: the line goes on.
struct LogLine {
  std::string_view time;
  std::string_view stream;  // "stdout", "stderr"
  bool partial = false;
  std::string_view text;
};

// Of one line without its newline; std::nullopt: it is none. The views are into `line`.
std::optional<LogLine> parse_log_line(std::string_view line);

}  // namespace berth::cli
