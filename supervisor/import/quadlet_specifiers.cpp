// Specifiers of systemd (systemd.unit(5)): what they stand for, for units of the system.
#include <map>

#include "supervisor/import/quadlet.h"
#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

using Specifiers = std::map<char, std::string>;

Specifiers specifiers_of(const QuadletUnit& unit) {
  const size_t at = unit.stem.find('@');
  return {{'h', "/root"},    {'n', unit.stem + ".service"},
          {'N', unit.stem},  {'p', unit.stem.substr(0, at)},
          {'t', "/run"},     {'T', "/tmp"},
          {'V', "/var/tmp"}, {'E', "/etc"},
          {'S', "/var/lib"}, {'C', "/var/cache"},
          {'L', "/var/log"}, {'u', "root"},
          {'U', "0"},        {'g', "root"},
          {'G', "0"},        {'%', "%"}};
}

void expand(Node& node, const Specifiers& specifiers, Ledger& ledger) {
  const std::string text = node.text();
  std::string expanded;
  std::string unknown;
  bool home = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%' || i + 1 == text.size()) {
      expanded += text[i];
      continue;
    }
    const auto known = specifiers.find(text[++i]);
    home = home || text[i] == 'h';
    if (known != specifiers.end()) {
      expanded += known->second;
    } else {
      unknown = text.substr(i - 1, 2);
      expanded += unknown;
    }
  }
  node.replace_text(expanded);
  if (!unknown.empty()) {
    ledger.mention(node, Loss::lost,
                   quote(unknown) + " stands for what only the host or an instance knows",
                   "write out what is meant");
  } else if (home) {
    ledger.mention(node, Loss::changed, "%h is taken for /root: it may have been a user's home",
                   "write out the path that is meant");
  }
}

}  // namespace

void expand_specifiers(const QuadletUnit& unit, Ledger& ledger) {
  const Specifiers specifiers = specifiers_of(unit);
  for (Node* file : unit.files) {
    for (Node& section : file->changeable_children()) {
      for (Node& line : section.changeable_children()) {
        if (line.text().find('%') != std::string::npos) expand(line, specifiers, ledger);
      }
    }
  }
}

}  // namespace berth::importing
