#include "supervisor/import/words.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <filesystem>

#include "supervisor/base/units.h"

namespace berth::importing {

namespace {

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }

}  // namespace

std::string quote(std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += std::string("\\") + c;
    } else if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      quoted += std::string("\\u00") + kHex[byte >> 4] + kHex[byte & 15];
    } else {
      quoted += c;
    }
  }
  return quoted + "\"";
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string lowered(text);
  for (char& c : lowered) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return lowered;
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const size_t end = text.find(separator);
    parts.emplace_back(text.substr(0, end));
    if (end == text.npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::vector<std::string> split_spaces(std::string_view text) {
  std::vector<std::string> words;
  for (size_t i = 0; i < text.size();) {
    size_t end = i;
    while (end < text.size() && !is_space(text[end])) ++end;
    if (end > i) words.emplace_back(text.substr(i, end - i));
    i = end + 1;
  }
  return words;
}

std::optional<std::vector<std::string>> split_quoted(std::string_view text) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quoted_by = '\0';
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool escapes = c == '\\' && quoted_by != '\'' && i + 1 < text.size();
    if (escapes && (quoted_by == '\0' || text[i + 1] == '"' || text[i + 1] == '\\')) {
      in_word = true;
      if (text[++i] != '\n') word += text[i];
    } else if (quoted_by != '\0') {
      if (c == quoted_by) {
        quoted_by = '\0';
      } else {
        word += c;
      }
    } else if (c == '\'' || c == '"') {
      quoted_by = c;
      in_word = true;
    } else if (!is_space(c)) {
      word += c;
      in_word = true;
    } else if (in_word) {
      words.push_back(std::move(word));
      word.clear();
      in_word = false;
    }
  }
  if (quoted_by != '\0') return std::nullopt;
  if (in_word) words.push_back(std::move(word));
  return words;
}

std::string definition_name(std::string_view text) {
  std::string name;
  for (const char c : lower(text)) {
    const bool fits =
        is_lower(c) || is_digit(c) || (!name.empty() && (c == '_' || c == '.' || c == '-'));
    if (fits) {
      name += c;
    } else if (!name.empty()) {
      name += '-';
    }
  }
  if (name.size() > 63) name.resize(63);
  while (!name.empty() && name.back() == '-') name.pop_back();
  return name.empty() ? "unnamed" : name;
}

bool is_hostname(std::string_view text) {
  if (text.empty() || text.size() > 63) return false;
  return std::ranges::all_of(split(text, '.'), [](const std::string& label) {
    return !label.empty() && label.front() != '-' && label.back() != '-' &&
           std::ranges::all_of(lower(label),
                               [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
  });
}

std::optional<bool> boolean_of(std::string_view text) {
  const std::string word = lower(trim(text));
  if (word == "true" || word == "yes" || word == "on" || word == "1" || word == "y") return true;
  if (word == "false" || word == "no" || word == "off" || word == "0" || word == "n") return false;
  return std::nullopt;
}

std::optional<std::int64_t> integer_of(std::string_view text) {
  text = trim(text);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (text.empty() || failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<double> number_of(std::string_view text) {
  text = trim(text);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (text.empty() || failure != std::errc{} || stop != end || !std::isfinite(value)) {
    return std::nullopt;
  }
  return value;
}

std::int64_t weight_of_shares(std::int64_t shares) {
  const std::int64_t within = std::clamp<std::int64_t>(shares, 2, 262144);
  return 1 + ((within - 2) * 9999) / 262142;
}

std::string absolute_path(std::string_view path, const std::string& base) {
  const std::string joined =
      path.starts_with('/') ? std::string(path) : base + "/" + std::string(path);
  std::string normal = std::filesystem::path(joined).lexically_normal().string();
  while (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

}  // namespace berth::importing
