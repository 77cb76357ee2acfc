// Values that several formats write in the same forms. Each marks what it takes as carried over,
// and reports what makes no sense.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "supervisor/import/draft.h"
#include "supervisor/import/ledger.h"
#include "supervisor/import/node.h"

namespace berth::importing {

// A list of words, or a single one.
std::vector<std::string> take_words(const Node& node, Ledger& ledger);
// A table, or a list of "NAME=value"; without a value for those that have none.
struct Pair {
  std::string name;
  std::optional<std::string> value;
  const Node* node = nullptr;
};
std::vector<Pair> take_pairs(const Node& node, Ledger& ledger);
// A command as compose writes it: a list, or a text that is split like a shell would.
std::optional<std::vector<std::string>> take_command(const Node& node, Ledger& ledger);
// Sets a duration or size, or reports what is none.
void take_duration(const Node& node, const std::string& key, Draft& draft, Ledger& ledger);
void take_size(const Node& node, const std::string& key, Draft& draft, Ledger& ledger);
// Sets a flag, or reports what is none.
std::optional<bool> take_flag(const Node& node, Ledger& ledger);

}  // namespace berth::importing
