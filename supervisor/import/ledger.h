// Ledger: what an import could not carry over, or not as it was. Every entry names its place and
// its key, what is lost, and what can be done instead.
#pragma once

#include <set>
#include <string>
#include <utility>
#include <vector>

#include "supervisor/import/node.h"
#include "supervisor/model/diagnostic.h"

namespace berth::importing {

enum class Loss {
  lost,     // it has no counterpart: what it did is not done
  changed,  // it has one that is not quite the same
  note,     // nothing is lost; worth knowing
};
std::string_view name_of(Loss loss);

struct Entry {
  SourcePos place;
  std::string key;  // "services.web.privileged"; empty when the file as a whole is meant
  Loss loss = Loss::lost;
  std::string what;     // what is lost, or how it differs
  std::string instead;  // what to do; empty when there is nothing
  auto operator<=>(const Entry&) const = default;
};

// "compose.yaml:14:5: lost: services.web.tty: what is lost (what to do instead)"
std::string format(const Entry& entry);

class Ledger {
 public:
  // Each marks everything below the node that is not carried over yet as reported.
  void lost(const Node& node, std::string what, std::string instead = "");
  void changed(const Node& node, std::string what, std::string instead = "");
  void note(const Node& node, std::string what, std::string instead = "");
  // An entry without a mark: what is below the node has still to be carried over or reported.
  void mention(const Node& node, Loss loss, std::string what, std::string instead = "");
  // The value makes no sense to the tool that it was written for.
  void senseless(const Node& node, const std::string& expected);

  // Reports all that nobody has asked for: the topmost nodes of which nothing was.
  void sweep(const Node& root);

  // By place; the same said twice of one place (an alias) stands once.
  [[nodiscard]] std::vector<Entry> entries() const { return {entries_.begin(), entries_.end()}; }

 private:
  std::set<Entry> entries_;
};

}  // namespace berth::importing
