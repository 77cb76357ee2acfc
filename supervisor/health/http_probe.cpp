#include "supervisor/health/http_probe.h"

#include <algorithm>

namespace berth::health {

namespace {

enum class LineState { incomplete, wrong, right };
struct StatusLine {
  LineState state = LineState::incomplete;
  int status = 0;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "HTTP/1.1 200 OK\r\n": '#' stands for a digit. What follows the status is free text.
StatusLine read_status_line(std::string_view head) {
  constexpr std::string_view kPattern = "HTTP/1.# ###";
  for (std::size_t i = 0; i < std::min(head.size(), kPattern.size()); ++i) {
    const bool fits = kPattern[i] == '#' ? is_digit(head[i]) : head[i] == kPattern[i];
    if (!fits) return {LineState::wrong, 0};
  }
  if (head.size() <= kPattern.size()) return {};
  const char after = head[kPattern.size()];
  if (after != ' ' && after != '\r' && after != '\n') return {LineState::wrong, 0};
  const int status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + (head[11] - '0');
  if (status < 100) return {LineState::wrong, 0};
  if (head.find('\n') == std::string_view::npos) return {LineState::incomplete, status};
  return {LineState::right, status};
}

// The size of the head with the empty line that ends it; npos when it has not come yet. A bare
// newline ends a line, too, as RFC 9112 (2.2) lets a recipient have it.
std::size_t end_of_head(std::string_view head) {
  for (std::size_t at = head.find('\n'); at != std::string_view::npos;
       at = head.find('\n', at + 1)) {
    const std::string_view next = head.substr(at + 1);
    if (next.starts_with('\n')) return at + 2;
    if (next.starts_with("\r\n")) return at + 3;
  }
  return std::string_view::npos;
}

Verdict judge(int status) {
  return Verdict{status >= 200 && status <= 399, "status " + std::to_string(status)};
}

// An answer that precedes the real one: 100 Continue, 103 Early Hints. 101 would be the last.
bool is_interim(int status) { return status < 200 && status != 101; }

}  // namespace

std::string http_request(const HttpTarget& target) {
  return "GET " + target.path + " HTTP/1.1\r\nHost: " + target.host +
         "\r\nUser-Agent: berth\r\nAccept: */*\r\nConnection: close\r\n\r\n";
}

std::optional<Verdict> HttpAnswer::feed(std::string_view bytes) {
  bytes = bytes.substr(0, room());
  taken_ += bytes.size();
  head_ += bytes;
  while (true) {
    const StatusLine line = read_status_line(head_);
    if (line.state == LineState::wrong) return Verdict{false, "not HTTP"};
    const std::size_t end = end_of_head(head_);
    if (line.state == LineState::right && end != std::string::npos) {
      if (!is_interim(line.status)) return judge(line.status);
      head_.erase(0, end);
      continue;
    }
    if (room() == 0) return finish();
    return std::nullopt;
  }
}

Verdict HttpAnswer::finish() const {
  if (taken_ == 0) return Verdict{false, "closed without an answer"};
  const StatusLine line = read_status_line(head_);
  if (line.state == LineState::wrong) return Verdict{false, "not HTTP"};
  if (line.state == LineState::right && !is_interim(line.status)) return judge(line.status);
  return Verdict{false, room() == 0 ? "no status in the first 4 KiB" : "the answer was cut off"};
}

}  // namespace berth::health
