// Sizes and durations of other tools, in the writing of definitions.
#include <array>
#include <cmath>

#include "supervisor/base/units.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

struct Unit {
  std::string_view name;
  double factor;
};

// The number at the front of a text, and the word after it. Both are taken off.
std::optional<std::pair<double, std::string>> take_amount(std::string_view& text) {
  text = trim(text);
  const size_t digits = text.find_first_not_of("0123456789.");
  const auto number = number_of(text.substr(0, digits));
  if (!number) return std::nullopt;
  text = digits == text.npos ? "" : trim(text.substr(digits));
  const size_t letters = text.find_first_of("0123456789. \t");
  std::string unit(text.substr(0, letters));
  text = letters == text.npos ? "" : text.substr(letters);
  return std::pair{*number, unit};
}

constexpr std::array<Unit, 9> kDockerUnits{{{"h", 3600},
                                            {"m", 60},
                                            {"s", 1},
                                            {"ms", 1e-3},
                                            {"us", 1e-6},
                                            {"µs", 1e-6},
                                            {"ns", 1e-9},
                                            {"d", 86400},
                                            {"", 1}}};
// systemd.time(7), "PARSING TIME SPANS".
constexpr std::array<Unit, 33> kSystemdUnits{
    {{"usec", 1e-6},     {"us", 1e-6},     {"µs", 1e-6},        {"msec", 1e-3},
     {"ms", 1e-3},       {"seconds", 1},   {"second", 1},       {"sec", 1},
     {"s", 1},           {"minutes", 60},  {"minute", 60},      {"min", 60},
     {"m", 60},          {"hours", 3600},  {"hour", 3600},      {"hr", 3600},
     {"h", 3600},        {"days", 86400},  {"day", 86400},      {"d", 86400},
     {"weeks", 604800},  {"week", 604800}, {"w", 604800},       {"months", 2629800},
     {"month", 2629800}, {"M", 2629800},   {"years", 31557600}, {"year", 31557600},
     {"y", 31557600},    {"nsec", 1e-9},   {"ns", 1e-9},        {"", 1},
     {"hrs", 3600}}};

template <size_t kCount>
std::optional<std::string> span_of(std::string_view text, const std::array<Unit, kCount>& units) {
  double seconds = 0;
  if (trim(text).empty()) return std::nullopt;
  while (!trim(text).empty()) {
    const auto amount = take_amount(text);
    if (!amount) return std::nullopt;
    const Unit* known = nullptr;
    for (const Unit& unit : units) {
      if (unit.name == amount->second) known = &unit;
    }
    if (known == nullptr) return std::nullopt;
    seconds += amount->first * known->factor;
  }
  return seconds_text(seconds);
}

}  // namespace

std::optional<std::string> duration_of(std::string_view text) {
  return span_of(text, kDockerUnits);
}

std::optional<std::string> systemd_duration_of(std::string_view text) {
  return span_of(text, kSystemdUnits);
}

std::string seconds_text(double seconds) {
  using std::chrono::duration_cast;
  return format_duration(
      duration_cast<Duration>(std::chrono::microseconds(std::llround(seconds * 1e6))));
}

double seconds_of(std::string_view duration) {
  const auto parsed = parse_duration(duration);
  return parsed ? std::chrono::duration<double>(*parsed).count() : 0;
}

std::optional<std::string> size_of(std::string_view text) {
  const auto amount = take_amount(text);
  if (!amount || !trim(text).empty()) return std::nullopt;
  std::string unit = lower(amount->second);
  if (unit.ends_with("ib")) {
    unit.resize(unit.size() - 2);
  } else if (unit.size() > 1 && (unit.ends_with('b') || unit.ends_with('i'))) {
    unit.pop_back();
  }
  constexpr std::string_view kSteps = "bkmgtpe";
  const size_t step = unit.empty() ? 0 : unit.size() == 1 ? kSteps.find(unit[0]) : kSteps.npos;
  if (step == kSteps.npos) return std::nullopt;
  const double bytes = amount->first * std::pow(1024.0, static_cast<double>(step));
  if (bytes >= 9.2e18) return std::nullopt;
  return size_text(static_cast<std::uint64_t>(bytes));
}

std::string size_text(std::uint64_t bytes) { return format_bytes(Bytes{bytes}); }

std::optional<std::uint64_t> bytes_of(std::string_view size) {
  const auto parsed = parse_bytes(size);
  if (!parsed) return std::nullopt;
  return parsed->count;
}

}  // namespace berth::importing
