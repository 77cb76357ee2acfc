#include "supervisor/definition/yaml_scalar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <span>

namespace berth::definition {

namespace {

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  return std::ranges::find(words, text) != words.end();
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view without_sign(std::string_view text) {
  if (!text.empty() && (text[0] == '-' || text[0] == '+')) text.remove_prefix(1);
  return text;
}

// A number that does not fit 64 bits is a string here, and so no number to whoever wants one.
std::optional<std::int64_t> integer_of(std::string_view text, int base) {
  if (text.starts_with('+')) text.remove_prefix(1);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value, base);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

std::optional<double> number_of(std::string_view text) {
  constexpr std::array<std::string_view, 3> kInfinity{".inf", ".Inf", ".INF"};
  constexpr std::array<std::string_view, 3> kNan{".nan", ".NaN", ".NAN"};
  const std::string_view digits = without_sign(text);
  if (is_one_of(digits, kInfinity)) {
    const double infinity = std::numeric_limits<double>::infinity();
    return text[0] == '-' ? -infinity : infinity;
  }
  if (is_one_of(text, kNan)) return std::nan("");
  const bool begins_well =
      !digits.empty() &&
      (is_digit(digits[0]) || (digits[0] == '.' && digits.size() > 1 && is_digit(digits[1])));
  if (!begins_well) return std::nullopt;
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end) return std::nullopt;
  return value;
}

bool has_leading_zero(std::string_view text) {
  const std::string_view digits = without_sign(text);
  return digits.size() > 1 && digits[0] == '0' && std::ranges::all_of(digits, is_digit);
}

}  // namespace

std::optional<decltype(Value::data)> resolve_plain_scalar(const std::string& text) {
  constexpr std::array<std::string_view, 5> kNull{"", "~", "null", "Null", "NULL"};
  constexpr std::array<std::string_view, 3> kTrue{"true", "True", "TRUE"};
  constexpr std::array<std::string_view, 3> kFalse{"false", "False", "FALSE"};
  if (is_one_of(text, kNull)) return Null{};
  if (is_one_of(text, kTrue)) return true;
  if (is_one_of(text, kFalse)) return false;
  if (has_leading_zero(text)) return std::nullopt;
  if (text.starts_with("0x") || text.starts_with("0o")) {
    if (text.size() > 2 && text[2] == '-') return text;
    const auto value = integer_of(std::string_view(text).substr(2), text[1] == 'x' ? 16 : 8);
    if (value) return *value;
    return text;
  }
  if (const auto integer = integer_of(text, 10)) return *integer;
  if (const auto number = number_of(text)) return *number;
  return text;
}

}  // namespace berth::definition
