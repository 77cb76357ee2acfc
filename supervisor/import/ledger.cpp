#include "supervisor/import/ledger.h"

#include "supervisor/import/words.h"

namespace berth::importing {

namespace {

void mark_reported(const Node& node) {
  if (node.is_leaf() && node.fate() == Fate::open) node.mark(Fate::reported);
  for (const Node& child : node.children()) mark_reported(child);
}

}  // namespace

std::string_view name_of(Loss loss) {
  switch (loss) {
    case Loss::lost: return "lost";
    case Loss::changed: return "changed";
    case Loss::note: return "note";
  }
  return "";
}

std::string format(const Entry& entry) {
  std::string line = berth::format(entry.place) + ": " + std::string(name_of(entry.loss)) + ": ";
  if (!entry.key.empty()) line += entry.key + ": ";
  line += entry.what;
  if (!entry.instead.empty()) line += " (" + entry.instead + ")";
  return line;
}

void Ledger::mention(const Node& node, Loss loss, std::string what, std::string instead) {
  entries_.insert(Entry{node.place(), node.path(), loss, std::move(what), std::move(instead)});
}

void Ledger::lost(const Node& node, std::string what, std::string instead) {
  mark_reported(node);
  mention(node, Loss::lost, std::move(what), std::move(instead));
}

void Ledger::changed(const Node& node, std::string what, std::string instead) {
  mark_reported(node);
  mention(node, Loss::changed, std::move(what), std::move(instead));
}

void Ledger::note(const Node& node, std::string what, std::string instead) {
  mark_reported(node);
  mention(node, Loss::note, std::move(what), std::move(instead));
}

void Ledger::senseless(const Node& node, const std::string& expected) {
  const std::string found = node.is_scalar() ? quote(node.text()) : "what stands here";
  lost(node, found + " is not " + expected, "correct it, and import again");
}

void Ledger::sweep(const Node& root) {
  if (root.untouched()) {
    lost(root, "it has no counterpart in a definition");
    return;
  }
  for (const Node& child : root.children()) sweep(child);
}

}  // namespace berth::importing
