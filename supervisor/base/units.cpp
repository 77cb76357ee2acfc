#include "supervisor/base/units.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

namespace berth {

namespace {

struct SizeUnit {
  std::string_view name;
  unsigned shift;
};
constexpr std::array<SizeUnit, 15> kSizeUnits{{{"B", 0},
                                               {"K", 10},
                                               {"M", 20},
                                               {"G", 30},
                                               {"T", 40},
                                               {"Ki", 10},
                                               {"Mi", 20},
                                               {"Gi", 30},
                                               {"Ti", 40},
                                               {"KiB", 10},
                                               {"MiB", 20},
                                               {"GiB", 30},
                                               {"k", 10},
                                               {"m", 20},
                                               {"g", 30}}};

struct TimeUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};
constexpr std::array<TimeUnit, 7> kTimeUnits{{{"d", 86'400'000'000'000},
                                              {"h", 3'600'000'000'000},
                                              {"m", 60'000'000'000},
                                              {"s", 1'000'000'000},
                                              {"ms", 1'000'000},
                                              {"us", 1'000},
                                              {"ns", 1}}};

struct Number {
  double value;
  std::string_view digits;
};

// Reads "12" or "1.5" from the front of text and moves past it.
std::optional<Number> take_number(std::string_view& text) {
  size_t length = text.find_first_not_of("0123456789.");
  if (length == std::string_view::npos) length = text.size();
  const std::string_view digits = text.substr(0, length);
  double value = 0;
  const auto [end, failure] =
      std::from_chars(digits.begin(), digits.end(), value, std::chars_format::fixed);
  if (failure != std::errc{} || end != digits.end() || digits.front() == '.') return std::nullopt;
  text.remove_prefix(length);
  return Number{value, digits};
}

// An integer number times its factor, exactly; std::nullopt when it does not fit.
std::optional<std::uint64_t> scaled(const Number& number, std::uint64_t factor) {
  std::uint64_t whole = 0;
  const auto [end, failure] = std::from_chars(number.digits.begin(), number.digits.end(), whole);
  if (end == number.digits.end() && failure == std::errc{}) {
    std::uint64_t product = 0;
    if (__builtin_mul_overflow(whole, factor, &product)) return std::nullopt;
    return product;
  }
  const double product = number.value * static_cast<double>(factor);
  if (!(product < 9.0e18)) return std::nullopt;
  return static_cast<std::uint64_t>(std::llround(product));
}

}  // namespace

Result<Bytes> parse_bytes(std::string_view text) {
  if (text == "0") return Bytes{0};
  const std::string wrong = "\"" + std::string(text) + "\" is not a size";
  std::string_view rest = text;
  const auto number = take_number(rest);
  if (!number) return fail(wrong + " (a number with a unit, such as \"512M\" or \"1G\")");
  if (rest.empty()) {
    return fail(wrong + ": its unit is missing (\"" + std::string(text) + "M\" or \"" +
                std::string(text) + "B\")");
  }
  for (const SizeUnit& unit : kSizeUnits) {
    if (rest != unit.name) continue;
    const auto bytes = scaled(*number, std::uint64_t{1} << unit.shift);
    if (!bytes || *bytes > std::uint64_t{1} << 62) return fail(wrong + ": it is too large");
    return Bytes{*bytes};
  }
  return fail(wrong + ": \"" + std::string(rest) + "\" is not a unit (B, K, M, G or T)");
}

std::string format_bytes(Bytes size) {
  if (size.count == 0) return "0";
  constexpr std::array<char, 5> kNames{'B', 'K', 'M', 'G', 'T'};
  size_t unit = 0;
  std::uint64_t count = size.count;
  while (unit + 1 < kNames.size() && count % 1024 == 0) {
    count /= 1024;
    ++unit;
  }
  return std::to_string(count) + kNames[unit];
}

Result<Duration> parse_duration(std::string_view text) {
  if (text == "0") return Duration{0};
  const std::string wrong = "\"" + std::string(text) + "\" is not a duration";
  if (text.empty()) return fail(wrong + " (a number with a unit, such as \"20s\" or \"100ms\")");
  std::uint64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto number = take_number(rest);
    if (!number) return fail(wrong + " (a number with a unit, such as \"20s\" or \"100ms\")");
    if (rest.empty()) {
      return fail(wrong + ": its unit is missing (\"" + std::string(text) + "s\" or \"" +
                  std::string(text) + "ms\")");
    }
    const size_t length = std::min(rest.find_first_of("0123456789."), rest.size());
    const std::string_view name = rest.substr(0, length);
    rest.remove_prefix(length);
    const TimeUnit* unit = nullptr;
    for (const TimeUnit& candidate : kTimeUnits) {
      if (candidate.name == name) unit = &candidate;
    }
    if (unit == nullptr) {
      return fail(wrong + ": \"" + std::string(name) + "\" is not a unit (ms, s, m, h or d)");
    }
    const auto part = scaled(*number, static_cast<std::uint64_t>(unit->nanoseconds));
    if (!part || __builtin_add_overflow(total, *part, &total) ||
        total > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) {
      return fail(wrong + ": it is too long");
    }
  }
  return Duration{static_cast<std::int64_t>(total)};
}

std::string format_duration(Duration duration) {
  std::int64_t rest = duration.count();
  if (rest == 0) return "0s";
  std::string text = rest < 0 ? "-" : "";
  if (rest < 0) rest = -rest;
  for (const TimeUnit& unit : kTimeUnits) {
    const std::int64_t count = rest / unit.nanoseconds;
    if (count == 0) continue;
    text += std::to_string(count) + std::string(unit.name);
    rest %= unit.nanoseconds;
  }
  return text;
}

}  // namespace berth
