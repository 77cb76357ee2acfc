// Answers lines of "LOCAL ZONE<tab>BASE IN SECONDS<tab>ITERATIONS<tab>EXPRESSION" on standard
// input: "refused<tab>WHY", or "NORMALIZED FORM<tab>ELAPSE<tab>..." with seconds since 1970,
// "never" last when there is no further one.
#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

#include "supervisor/base/calendar.h"
#include "supervisor/base/zone_file.h"

namespace {

std::string field(std::string& line) {
  const std::size_t end = line.find('\t');
  std::string text = line.substr(0, end);
  line.erase(0, end == std::string::npos ? end : end + 1);
  return text;
}

std::string answer(std::string line, std::map<std::string, berth::ZoneRules>& zones) {
  const std::string local = field(line);
  const std::int64_t base = std::atoll(field(line).c_str());
  const int iterations = std::atoi(field(line).c_str());
  const auto load = [&](const std::string& name) {
    if (zones.contains(name)) return true;
    const auto rules = berth::load_zone(name);
    if (rules) zones[name] = *rules;
    return rules.has_value();
  };
  const auto calendar = berth::parse_calendar(line, load);
  if (!calendar) return "refused\t" + calendar.error().message();
  const std::string zone = calendar->zone.empty() ? local : calendar->zone;
  if (!load(zone)) return "refused\tno zone " + zone;
  std::string text = calendar->text();
  berth::WallTime at{std::chrono::seconds(base)};
  for (int i = 0; i < iterations; ++i) {
    const auto next = next_after(*calendar, at, zones.at(zone));
    if (!next) return text + "\tnever";
    at = *next;
    const auto seconds = std::chrono::floor<std::chrono::seconds>(at.time_since_epoch());
    text += "\t" + std::to_string(seconds.count());
  }
  return text;
}

}  // namespace

int main() {
  std::map<std::string, berth::ZoneRules> zones;
  std::string line;
  while (std::getline(std::cin, line)) std::cout << answer(line, zones) << "\n";
}
