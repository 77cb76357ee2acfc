// Lines of a crontab, told apart from calendar expressions, so that an operator who writes one is
// answered with the expression that means the same.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace berth::definition {

// "30 3 * * 1-5" -> {"Mon..Fri *-*-* 03:30:00"}, "@daily" -> {"daily"}. Two of them for a line with
// a day of the month and a day of the week, which cron takes for either; an empty list for one that
// no expression means ("@reboot"). None: the text is no line of a crontab.
std::optional<std::vector<std::string>> calendars_of_crontab(std::string_view text);

}  // namespace berth::definition
