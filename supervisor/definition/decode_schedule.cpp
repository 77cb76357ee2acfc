// Times that come again: schedule and update.window. What they must be beyond their form.
#include <algorithm>
#include <expected>

#include "supervisor/base/zone_file.h"
#include "supervisor/definition/crontab.h"
#include "supervisor/definition/decode_value.h"
#include "supervisor/definition/validate.h"

namespace berth::definition {

namespace {

bool zone_exists(const std::string& name) { return load_zone(name).has_value(); }

std::optional<Complaint> complain_about_crontab(const std::string& text) {
  const auto calendars = calendars_of_crontab(text);
  if (!calendars) return std::nullopt;
  const std::string problem = quote(text) + " is a line of a crontab";
  if (calendars->empty()) {
    return Complaint{problem, "leave schedule out: then it runs when berthd starts"};
  }
  std::string list;
  for (const std::string& each : *calendars) list += (list.empty() ? "" : ", ") + quote(each);
  return Complaint{problem, calendars->size() == 1 ? list : "[" + list + "]"};
}

std::expected<Calendar, Complaint> parse(const std::string& text, const Calendar*) {
  auto calendar = parse_calendar(text, zone_exists);
  if (calendar) return std::move(*calendar);
  if (auto crontab = complain_about_crontab(text)) return std::unexpected(std::move(*crontab));
  return std::unexpected(split_complaint(calendar.error().what));
}

std::expected<TimeWindow, Complaint> parse(const std::string& text, const TimeWindow*) {
  auto window = parse_time_window(text, zone_exists);
  if (window) return std::move(*window);
  return std::unexpected(split_complaint(window.error().what));
}

template <class Time>
bool read_item(const Value& value, const Slot& slot, Reading reading, std::vector<Time>& times) {
  const auto* text = value.get<std::string>();
  if (text == nullptr) return refuse_type(value, slot, "a string", reading);
  if (!check_line(value, *text, slot, reading)) return false;
  auto time = parse(*text, static_cast<const Time*>(nullptr));
  if (!time) {
    Complaint complaint = std::move(time).error();
    if (complaint.remedy.empty()) complaint.remedy = "such as " + std::string(slot.example);
    return refuse(value, slot, std::move(complaint), reading);
  }
  if (std::ranges::find(times, *time) != times.end()) {
    return refuse(value, slot, {quote(*text) + " is listed twice", ""}, reading);
  }
  times.push_back(std::move(*time));
  return true;
}

template <class Time>
bool read_times(const Value& value, const Slot& slot, Reading reading, std::vector<Time>& field) {
  std::vector<Time> times;
  bool well = true;
  if (const auto* list = value.get<List>()) {
    for (size_t i = 0; i < list->size(); ++i) {
      Slot item = slot;
      item.path += "[" + std::to_string(i) + "]";
      reading.note(item.path, (*list)[i].place);
      well = read_item((*list)[i], item, reading, times) && well;
    }
  } else if (value.get<std::string>() != nullptr) {
    well = read_item(value, slot, reading, times);
  } else {
    return refuse_type(value, slot, "a string, or a list of them", reading);
  }
  if (well) field = std::move(times);
  return well;
}

// Where an item was written: of a list, or in the place of one.
std::string item_key(const ContainerSpec& spec, const std::string& key, size_t index) {
  const std::string item = key + "[" + std::to_string(index) + "]";
  return spec.where.contains(item) ? item : key;
}

}  // namespace

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<Calendar>& field) {
  return read_times(value, slot, reading, field);
}

bool read(const Value& value, const Slot& slot, Reading reading, std::vector<TimeWindow>& field) {
  return read_times(value, slot, reading, field);
}

void validate_schedule(const ContainerSpec& spec, Report& report) {
  if (spec.schedule.empty()) return;
  if (spec.type != ContainerType::oneshot) {
    report.error_at(where_of(spec, "schedule"), "schedule",
                    "a service runs on, and so has no times at which it starts",
                    "type = \"oneshot\", or no schedule");
  }
  for (size_t i = 0; i < spec.schedule.size(); ++i) {
    // Whether a time comes at all is the same in every zone, but for hours that clocks skip.
    const auto first = next_after(spec.schedule[i], WallTime(), ZoneRules());
    const std::string key = item_key(spec, "schedule", i);
    if (first) {
      const auto second = next_after(spec.schedule[i], *first, ZoneRules());
      if (!second || *second - *first >= std::chrono::seconds(1)) continue;
      report.error_at(where_of(spec, key), key,
                      quote(spec.schedule[i].text()) + " comes more than once a second",
                      "whole seconds, as \"*:*:0/10\"");
      continue;
    }
    report.error_at(where_of(spec, key), key, quote(spec.schedule[i].text()) + " never comes",
                    "a date that there is");
  }
}

}  // namespace berth::definition
