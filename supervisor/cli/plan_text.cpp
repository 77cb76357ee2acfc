#include "supervisor/cli/plan_text.h"

#include <algorithm>
#include <array>

namespace berth::cli {

namespace {

struct FateWording {
  Fate fate;
  char sign;
  std::string_view word;     // of an item
  std::string_view summary;  // of the first line
};
constexpr std::array<FateWording, kFates> kFateWordings{
    {{Fate::create, '+', "create", "to create"},
     {Fate::start, '+', "start", "to start"},
     {Fate::update, '~', "update", "to update live"},
     {Fate::reload, '~', "reload", "to reload"},
     {Fate::restart, '~', "restart", "to restart"},
     {Fate::recreate, '~', "recreate", "to recreate"},
     {Fate::stop, '-', "stop", "to stop"},
     {Fate::remove, '-', "remove", "to remove"},
     {Fate::clean_up, '-', "clean up", "to clean up"},
     {Fate::take_up, ' ', "take up", "to take up"},
     {Fate::wait, ' ', "wait", "to wait"}}};

const FateWording& wording_of(Fate fate) {
  return *std::ranges::find(kFateWordings, fate, &FateWording::fate);
}

Colour colour_of(char sign) {
  switch (sign) {
    case '+': return Colour::green;
    case '-': return Colour::red;
    case '~': return Colour::yellow;
    default: return Colour::plain;
  }
}

std::string summary_of(const Preview& preview) {
  std::string text;
  const auto add = [&](bool networks, bool units, std::string_view what) {
    for (const FateWording& wording : kFateWordings) {
      const auto count = std::ranges::count_if(preview.items, [&](const PreviewItem& item) {
        return item.is_network == networks && item.is_unit == units && item.fate == wording.fate;
      });
      if (count == 0) continue;
      if (!text.empty()) text += ", ";
      text += std::to_string(count) + std::string(what) + " " + std::string(wording.summary);
    }
  };
  add(false, false, "");
  const auto networks = std::ranges::count(preview.items, true, &PreviewItem::is_network);
  add(true, false, networks == 1 ? " network" : " networks");
  const auto units = std::ranges::count(preview.items, true, &PreviewItem::is_unit);
  add(false, true, units == 1 ? " unit" : " units");
  if (text.empty()) text = preview.actions.empty() ? "nothing to do" : "packet rules to update";
  const std::string before = std::to_string(preview.generation_before);
  if (preview.generation_after == preview.generation_before) {
    return text + "; generation " + before;
  }
  return text + "; generation " + before + " -> " + std::to_string(preview.generation_after);
}

std::string text_of(const KeyChange& change) {
  const auto written = [](const std::string& value) { return value.empty() ? "unset" : value; };
  const std::string_view sign = change.after == kContentChanged ? ": " : " -> ";
  return change.key + ": " + written(change.before) + std::string(sign) + written(change.after);
}

std::string text_of(const PreviewChange& change) {
  std::string text = text_of(change.change);
  if (!change.where.file.empty()) text += " (" + format(change.where) + ")";
  return text;
}

// The lines beside an item: why, then each changed key. A reason that sums the changes up is left
// out.
std::vector<std::string> lines_of(const PreviewItem& item) {
  std::vector<std::string> lines;
  const bool by_its_keys = std::ranges::any_of(item.changes, [&](const PreviewChange& change) {
    const std::string_view key = change.change.key;
    return item.reason.starts_with(key.substr(0, key.find_first_of(".[")));
  });
  if (!item.follows.empty()) {
    lines.push_back("because " + item.follows + " does");
  } else if (!by_its_keys) {
    std::string reason = item.reason;
    if (item.changes.empty() && !item.where.file.empty() && item.fate == Fate::create)
      reason += " (" + item.where.file + ")";
    lines.push_back(std::move(reason));
  }
  const bool in_part = item.fate != Fate::wait && !item.waits_for.empty();
  for (const PreviewChange& change : item.changes) {
    if (!in_part || !change.waits) lines.push_back(text_of(change));
  }
  if (!in_part) return lines;
  lines.push_back(item.waits_for + ":");
  for (const PreviewChange& change : item.changes) {
    if (change.waits) lines.push_back("  " + text_of(change));
  }
  return lines;
}

std::string items_text(const Preview& preview, const Terminal& terminal) {
  const auto name_of_item = [](const PreviewItem& item) {
    return escaped((item.is_network ? "network " : "") + item.name);
  };
  std::size_t names = 0;
  std::size_t words = 0;
  for (const PreviewItem& item : preview.items) {
    names = std::max(names, columns_of(name_of_item(item)));
    words = std::max(words, wording_of(item.fate).word.size());
  }
  std::string text;
  for (const PreviewItem& item : preview.items) {
    const FateWording& wording = wording_of(item.fate);
    std::string head = std::string(1, wording.sign) + " " + name_of_item(item);
    head += std::string(names + 4 - columns_of(head), ' ') + std::string(wording.word);
    head += std::string(names + words + 6 - columns_of(head), ' ');
    text += terminal.paint(colour_of(wording.sign), head);
    bool first = true;
    for (const std::string& line : lines_of(item)) {
      if (!std::exchange(first, false)) text += std::string(names + words + 6, ' ');
      text += escaped(line) + "\n";
    }
  }
  return text;
}

struct DeedWording {
  std::string_view deed;
  char sign;
  std::string_view words;
};
constexpr std::array kDeedWordings{DeedWording{"launch", '+', "start"},
                                   DeedWording{"update", '~', "update"},
                                   DeedWording{"reload", '~', "reload"},
                                   DeedWording{"stop", '-', "stop"},
                                   DeedWording{"remove-root", '-', "remove"},
                                   DeedWording{"create-network", '+', "create network"},
                                   DeedWording{"remove-network", '-', "remove network"},
                                   DeedWording{"create-sandbox", '+', "create sandbox of"},
                                   DeedWording{"remove-sandbox", '-', "remove sandbox of"},
                                   DeedWording{"kill", '-', "kill"},
                                   DeedWording{"clean-up", '-', "clean up after"},
                                   DeedWording{"start-unit", '+', "start"},
                                   DeedWording{"check", ' ', "check what is needed by"},
                                   DeedWording{"apply-view", '~', "update packet rules"}};

std::string actions_text(const Preview& preview, const Terminal& terminal) {
  std::size_t widest = 0;
  std::vector<std::pair<DeedWording, std::string>> deeds;
  for (const Action& action : preview.actions) {
    const std::string_view name = name_of(action.deed);
    const auto* found = std::ranges::find(kDeedWordings, name, &DeedWording::deed);
    const DeedWording wording =
        found != kDeedWordings.end() ? *found : DeedWording{name, '~', name};
    std::string deed(wording.words);
    if (!action.subject.empty()) deed += " " + escaped(action.subject);
    widest = std::max(widest, columns_of(deed));
    deeds.emplace_back(wording, std::move(deed));
  }
  std::string text = "in this order:\n";
  for (std::size_t i = 0; i < deeds.size(); ++i) {
    const auto& [wording, deed] = deeds[i];
    text += terminal.paint(colour_of(wording.sign), std::string(1, wording.sign) + " " + deed);
    text += std::string(widest - columns_of(deed) + 2, ' ');
    text += terminal.paint(Colour::dim, escaped(preview.actions[i].reason)) + "\n";
  }
  return text;
}

}  // namespace

std::string plan_text(const Preview& preview, bool verbose, const Terminal& terminal) {
  std::string text = terminal.paint(Colour::bold, summary_of(preview)) + "\n";
  text += items_text(preview, terminal);
  if (verbose && !preview.actions.empty()) text += actions_text(preview, terminal);
  return text;
}

}  // namespace berth::cli
