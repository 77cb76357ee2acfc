#include "supervisor/import/take.h"

#include "supervisor/import/words.h"

namespace berth::importing {

std::vector<std::string> take_words(const Node& node, Ledger& ledger) {
  std::vector<std::string> words;
  if (node.is_scalar()) words.push_back(node.take());
  if (node.is_leaf()) node.mark(Fate::carried);
  if (node.is_table()) ledger.senseless(node, "a list");
  for (const Node& item : node.children()) {
    if (!node.is_list()) break;
    if (item.is_scalar()) {
      words.push_back(item.take());
    } else {
      ledger.senseless(item, "a text");
    }
  }
  return words;
}

std::vector<Pair> take_pairs(const Node& node, Ledger& ledger) {
  std::vector<Pair> pairs;
  if (node.is_leaf()) node.mark(Fate::carried);
  for (const Node& item : node.children()) {
    if (!item.is_scalar() && !item.is_null()) {
      ledger.senseless(item, "a text");
      continue;
    }
    const std::string& text = item.take();
    if (node.is_table()) {
      pairs.push_back(Pair{item.key(), text, &item});
      if (item.is_null()) pairs.back().value.reset();
      continue;
    }
    const size_t equals = text.find('=');
    pairs.push_back(Pair{text.substr(0, equals), std::nullopt, &item});
    if (equals != text.npos) pairs.back().value = text.substr(equals + 1);
  }
  return pairs;
}

std::optional<std::vector<std::string>> take_command(const Node& node, Ledger& ledger) {
  if (!node.is_scalar()) return take_words(node, ledger);
  auto words = split_quoted(node.text());
  if (!words) {
    ledger.senseless(node, "a command: a quote is not closed");
    return std::nullopt;
  }
  node.take();
  return words;
}

void take_duration(const Node& node, const std::string& key, Draft& draft, Ledger& ledger) {
  const auto duration = duration_of(node.text());
  if (!duration) return ledger.senseless(node, "a duration");
  node.take();
  draft.set(key, *duration);
}

void take_size(const Node& node, const std::string& key, Draft& draft, Ledger& ledger) {
  const auto size = size_of(node.text());
  if (!size) return ledger.senseless(node, "a size");
  node.take();
  draft.set(key, *size);
}

std::optional<bool> take_flag(const Node& node, Ledger& ledger) {
  const auto flag = boolean_of(node.text());
  if (!flag) {
    ledger.senseless(node, "true or false");
    return std::nullopt;
  }
  node.take();
  return flag;
}

}  // namespace berth::importing
