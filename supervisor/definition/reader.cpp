#include "supervisor/definition/reader.h"

#include <algorithm>
#include <cstring>

namespace berth::definition {

namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Place place_at(std::string_view content, size_t offset) {
  const std::string_view before = content.substr(0, offset);
  const size_t line_start = before.rfind('\n') == before.npos ? 0 : before.rfind('\n') + 1;
  const auto characters = std::ranges::count_if(before.substr(line_start), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  });
  return Place{static_cast<unsigned>(std::ranges::count(before, '\n') + 1),
               static_cast<unsigned>(characters + 1)};
}

// The length of the UTF-8 sequence at the front of text; 0 when it is malformed: cut off, overlong,
// a surrogate, or beyond U+10FFFF (RFC 3629, section 4).
size_t sequence_length(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u;
  };
  const auto continues = [&](size_t i) { return (byte(i) & 0xc0u) == 0x80u; };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead <= 0xdf) return continues(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const bool overlong = lead == 0xe0 && byte(1) < 0xa0;
    const bool surrogate = lead == 0xed && byte(1) > 0x9f;
    return continues(1) && continues(2) && !overlong && !surrogate ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const bool overlong = lead == 0xf0 && byte(1) < 0x90;
    const bool beyond = lead == 0xf4 && byte(1) > 0x8f;
    return continues(1) && continues(2) && continues(3) && !overlong && !beyond ? 4 : 0;
  }
  return 0;
}

}  // namespace

bool check_bytes(std::string_view content, Report& report) {
  if (content.size() > kFileBytesMost) {
    report.error({}, "", "the file is larger than 1 MiB");
    return false;
  }
  for (size_t i = 0; i < content.size();) {
    const size_t length = sequence_length(content.substr(i, 4));
    if (length == 0) {
      report.error(place_at(content, i), "", "the bytes here are not UTF-8",
                   "save the file in UTF-8");
      return false;
    }
    if (content[i] == '\0') {
      report.error(place_at(content, i), "", "there is a NUL byte here",
                   "definitions are text files");
      return false;
    }
    i += length;
  }
  return true;
}

std::optional<Value> read_file(Format format, const std::string& content, Report& report) {
  if (!check_bytes(content, report)) return std::nullopt;
  std::string_view text = content;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  auto root = format == Format::toml ? read_toml(text, report) : read_yaml(text, report);
  if (!root || root->get<Table>() != nullptr) return root;
  report.error(root->place, "", "expected keys with values, found " + describe(*root),
               format == Format::toml ? "command = [\"sleep\", \"1h\"]" : "command: [sleep, 1h]");
  return std::nullopt;
}

}  // namespace berth::definition
