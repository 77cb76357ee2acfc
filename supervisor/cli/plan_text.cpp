#include "supervisor/cli/plan_text.h"

#include <algorithm>
#include <array>

namespace berth::cli {

namespace {

struct Wording {
  std::string_view action;
  char sign;
  std::string_view words;
  bool step;  // on the way to something else
};
constexpr std::array<Wording, 12> kWordings{{{"launch", '+', "start", false},
                                             {"update", '~', "update", false},
                                             {"stop", '-', "stop", false},
                                             {"remove-root", '-', "remove", false},
                                             {"create-network", '+', "create network", false},
                                             {"remove-network", '-', "remove network", false},
                                             {"create-sandbox", '+', "create sandbox of", true},
                                             {"remove-sandbox", '-', "remove sandbox of", true},
                                             {"kill", '-', "kill", true},
                                             {"clean-up", '-', "clean up after", true},
                                             {"apply-view", '~', "update packet rules", true},
                                             {"probe", '~', "probe", true}}};

Wording wording_of(const std::string& action) {
  const auto found = std::ranges::find(kWordings, action, &Wording::action);
  return found != kWordings.end() ? *found : Wording{action, '~', action, false};
}

Colour colour_of(char sign) {
  return sign == '+' ? Colour::green : sign == '-' ? Colour::red : Colour::yellow;
}

// The reason and every changed key, each once: a reason that sums the changes up is left out.
std::string explanation(const control::PlannedAction& action) {
  const bool summed_up =
      !action.changes.empty() && action.reason.starts_with(action.changes.front().key + ": ");
  std::string text = summed_up ? "" : action.reason;
  for (const control::PlannedChange& change : action.changes) {
    if (!text.empty()) text += ", ";
    text += change.key + ": " + (change.before.empty() ? "unset" : change.before) + " -> " +
            (change.after.empty() ? "unset" : change.after);
  }
  return text;
}

}  // namespace

std::string plan_text(const std::vector<control::PlannedAction>& plan, bool all,
                      const Terminal& terminal) {
  const bool only_steps =
      std::ranges::all_of(plan, [](const auto& action) { return wording_of(action.action).step; });
  struct Line {
    char sign;
    std::string deed;
    std::string why;
  };
  std::vector<Line> lines;
  std::size_t widest = 0;
  for (const control::PlannedAction& action : plan) {
    const Wording wording = wording_of(action.action);
    if (wording.step && !all && !only_steps) continue;
    std::string deed(wording.words);
    if (!action.subject.empty()) deed += " " + action.subject;
    widest = std::max(widest, columns_of(escaped(deed)));
    lines.push_back({wording.sign, escaped(deed), escaped(explanation(action))});
  }
  std::string text;
  for (const Line& line : lines) {
    text += terminal.paint(colour_of(line.sign), std::string(1, line.sign) + " " + line.deed);
    if (!line.why.empty()) {
      text += std::string(widest - columns_of(line.deed) + 2, ' ');
      text += terminal.paint(Colour::dim, line.why);
    }
    text += "\n";
  }
  return text;
}

}  // namespace berth::cli
