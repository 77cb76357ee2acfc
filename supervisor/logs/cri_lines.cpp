#include "supervisor/logs/cri_lines.h"

namespace berth::logs {

namespace {

constexpr std::size_t kTagOffset = kPrefixSize - 2;

// "2016-10-06T00:17:09.669794202Z stdout F "
std::string prefix_of(Stream stream, WallTime now, char tag) {
  std::string prefix = format_rfc3339(now);
  prefix += ' ';
  prefix += name_of(stream);
  prefix += ' ';
  prefix += tag;
  prefix += ' ';
  return prefix;
}

}  // namespace

std::string_view name_of(Stream stream) { return stream == Stream::out ? "stdout" : "stderr"; }

CriLines::CriLines(Stream stream, std::size_t line_max) : stream_(stream), line_max_(line_max) {}

void CriLines::feed(std::string_view bytes, WallTime now, std::string& out) {
  // One time for all records of a call: it is formatted once, and they did come together.
  const std::string full = prefix_of(stream_, now, 'F');
  std::string partial = full;
  partial[kTagOffset] = 'P';

  while (!bytes.empty()) {
    const std::size_t room = line_max_ > carry_.size() ? line_max_ - carry_.size() : 0;
    const std::string_view window = bytes.substr(0, room + 1);
    const std::size_t newline = window.find('\n');
    if (newline == std::string_view::npos && window.size() <= room) {
      carry_ += bytes;
      return;
    }
    if (newline != std::string_view::npos) {
      out += full;
      const std::size_t begin = out.size();
      out += carry_;
      out += window.substr(0, newline);
      while (drops_returns_ && out.size() > begin && out.back() == '\r') out.pop_back();
      out += '\n';
      bytes.remove_prefix(newline + 1);
    } else {
      out += partial;
      out += carry_;
      out += window.substr(0, room);
      out += '\n';
      bytes.remove_prefix(room);
    }
    carry_.clear();
  }
}

void CriLines::finish(WallTime now, std::string& out) {
  if (carry_.empty()) return;
  out += prefix_of(stream_, now, 'P');
  out += carry_;
  out += '\n';
  carry_.clear();
}

std::string notice_record(std::string_view text, WallTime now) {
  std::string record = prefix_of(Stream::err, now, 'F');
  record += "[berth] ";
  record += text;
  record += '\n';
  return record;
}

std::uint64_t payload_size(std::string_view records) {
  std::uint64_t total = 0;
  while (records.size() > kPrefixSize) {
    const std::size_t newline = records.find('\n', kPrefixSize);
    if (newline == std::string_view::npos) break;
    // The newline of an F record is the payload's own, that of a P record is not.
    total += newline - kPrefixSize + (records[kTagOffset] == 'F' ? 1 : 0);
    records.remove_prefix(newline + 1);
  }
  return total;
}

}  // namespace berth::logs
