#include "supervisor/cli/words.h"

#include <array>

namespace berth::cli {

std::string short_duration(std::int64_t seconds) {
  struct Unit {
    std::int64_t seconds;
    char name;
  };
  constexpr std::array<Unit, 4> kUnits{{{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}}};
  for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
    const std::int64_t whole = seconds / kUnits[i].seconds;
    if (whole == 0) continue;
    const std::int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
    std::string text = std::to_string(whole) + kUnits[i].name;
    if (rest != 0) text += std::to_string(rest) + kUnits[i + 1].name;
    return text;
  }
  return std::to_string(seconds) + "s";
}

Colour colour_of_phase(std::string_view phase) {
  if (phase == "ready") return Colour::green;
  if (phase == "failed" || phase == "unhealthy") return Colour::red;
  if (phase == "stopped" || phase == "absent") return Colour::dim;
  return Colour::yellow;
}

Colour colour_of_health(std::string_view health) {
  if (health == "healthy") return Colour::green;
  if (health == "unhealthy") return Colour::red;
  return health == "none" ? Colour::dim : Colour::yellow;
}

std::string joined(const std::vector<std::string>& texts, std::string_view separator) {
  std::string all;
  for (const std::string& text : texts) {
    if (!all.empty()) all += separator;
    all += text;
  }
  return all;
}

std::string shown_time(const std::string& time) {
  // "2026-11-24T02:00:00.000000000Z": people want no fraction of nothing.
  std::string text = time.substr(0, time.find('.'));
  if (text.size() > 10) text[10] = ' ';
  return text.empty() ? text : text + " UTC";
}

std::string plight(const control::ContainerStatus& status) {
  std::string text = status.phase;
  std::string why = status.error.empty() ? status.waiting : status.error;
  if (why.empty()) why = status.last_exit;
  if (!why.empty()) text += ": " + why;
  if (status.next_start_in)
    text += ", next start in " + std::to_string(*status.next_start_in) + "ms";
  return text;
}

std::string never_started(const control::ContainerStatus& status) {
  if (status.pid) return ": they are gone, and its output since goes nowhere";
  std::string text = status.launch == 0 ? ": it was never started" : ": they are gone";
  if (!status.masked.empty()) return text + ": it is masked by " + status.masked;
  std::string why = status.error.empty() ? status.waiting : status.error;
  if (why.empty() && status.intent == "stop") why = "an operator stopped it";
  if (why.empty() && !status.suspended.empty()) {
    why = "its schedule is suspended: " + status.suspended;
  }
  if (why.empty() && !status.next_run.empty())
    why = "its next run is " + shown_time(status.next_run);
  return why.empty() ? text : text + ": " + why;
}

}  // namespace berth::cli
