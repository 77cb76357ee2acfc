#include "supervisor/definition/wording.h"

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <utility>

namespace berth::definition {

namespace {

constexpr size_t kQuotedBytesMost = 60;

bool is_bare(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

void append_escaped(std::string& text, char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (c == '\n') {
    text += "\\n";
  } else if (c == '\t') {
    text += "\\t";
  } else if (c == '"' || c == '\\') {
    text += '\\';
    text += c;
  } else if (byte < 0x20 || byte == 0x7f) {
    char code[8];
    std::snprintf(code, sizeof code, "\\x%02x", byte);
    text += code;
  } else {
    text += c;
  }
}

// C1 controls (U+0080 to U+009F, "\xc2\x80" to "\xc2\x9f") and the marks that turn the direction
// of writing (U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069) disturb terminals, too.
size_t disturbing_length(std::string_view rest) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(rest[i]); };
  if (rest.size() >= 2 && byte(0) == 0xc2 && byte(1) < 0xa0) return 2;
  if (rest.size() < 3 || byte(0) != 0xe2) return 0;
  const bool marks = byte(1) == 0x80 &&
                     ((byte(2) >= 0xaa && byte(2) <= 0xae) || byte(2) == 0x8e || byte(2) == 0x8f);
  return marks || (byte(1) == 0x81 && byte(2) >= 0xa6 && byte(2) <= 0xa9) ? 3 : 0;
}

}  // namespace

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  size_t end = std::min(text.size(), kQuotedBytesMost);
  while (end < text.size() && end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) {
    --end;
  }
  for (size_t i = 0; i < end;) {
    if (const size_t length = disturbing_length(text.substr(i, end - i))) {
      quoted += "?";
      i += length;
    } else {
      append_escaped(quoted, text[i++]);
    }
  }
  if (end < text.size()) quoted += "...";
  return quoted + "\"";
}

std::string show_key(std::string_view key) {
  const bool bare =
      !key.empty() && key.size() <= kQuotedBytesMost && std::ranges::all_of(key, is_bare);
  return bare ? std::string(key) : quote(key);
}

std::string alternatives(const std::vector<std::string_view>& words) {
  std::string text;
  for (size_t i = 0; i < words.size(); ++i) {
    if (i != 0) text += i + 1 == words.size() ? " or " : ", ";
    text += words[i];
  }
  return text;
}

std::string in_language_of(std::string_view file, std::string remedy) {
  if (!file.ends_with(".yaml") && !file.ends_with(".yml")) return remedy;
  bool quoted = false;
  for (size_t i = 0; i < remedy.size(); ++i) {
    if (remedy[i] == '\\') {
      ++i;
      continue;
    }
    if (remedy[i] == '"') quoted = !quoted;
    if (!quoted && remedy.compare(i, 3, " = ") == 0) remedy.replace(i, 3, ": ");
  }
  return remedy;
}

Complaint split_complaint(const std::string& message) {
  const size_t open = message.rfind(" (");
  if (open == std::string::npos || !message.ends_with(")")) return Complaint{message, ""};
  return Complaint{message.substr(0, open), message.substr(open + 2, message.size() - open - 3)};
}

}  // namespace berth::definition
