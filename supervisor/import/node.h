// Node: one value of a file that is imported, whichever format it is written in, with the place
// where it stands and a mark that says what became of it.
//
// The mark is what keeps anything from being dropped silently: reading a scalar marks it as
// carried over, the ledger (ledger.h) marks what it reports, and in the end it reports every node
// that has neither mark. So an importer that has never heard of a key cannot lose it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "supervisor/model/diagnostic.h"

namespace berth::importing {

enum class Kind { null, scalar, list, table };

// What became of a scalar, or of an empty list or table. Others go by what is in them.
enum class Fate { open, carried, reported };

class Node {
 public:
  Node() = default;
  Node(Kind kind, SourcePos place, std::string text = "")
      : kind_(kind), place_(std::move(place)), text_(std::move(text)) {}

  // The name within a table; empty for items of a list and for roots.
  [[nodiscard]] const std::string& key() const { return key_; }
  // "services.web.ports[0]": how reports call it.
  [[nodiscard]] const std::string& path() const { return path_; }
  // Of the key for tables and lists, else of the value.
  [[nodiscard]] const SourcePos& place() const { return place_; }
  [[nodiscard]] Kind kind() const { return kind_; }
  [[nodiscard]] bool is_scalar() const { return kind_ == Kind::scalar; }
  [[nodiscard]] bool is_list() const { return kind_ == Kind::list; }
  [[nodiscard]] bool is_table() const { return kind_ == Kind::table; }
  [[nodiscard]] bool is_null() const { return kind_ == Kind::null; }
  [[nodiscard]] bool is_leaf() const { return children_.empty(); }

  // The scalar's text, without a mark: to look before deciding.
  [[nodiscard]] const std::string& text() const { return text_; }
  // The scalar's text, which is thereby carried over.
  const std::string& take() const;
  // Everything below counts as carried over: it says what is the case anyway.
  void carry() const;

  [[nodiscard]] const std::vector<Node>& children() const { return children_; }
  // The member of this name; nullptr without one, and for what is no table.
  [[nodiscard]] const Node* find(std::string_view key) const;
  // The same by several names in turn: find("metadata", "labels").
  template <class... Keys>
  const Node* find(std::string_view key, Keys... keys) const {
    const Node* const child = find(key);
    return child == nullptr ? nullptr : child->find(keys...);
  }
  // The member's text, carried over; "" without one.
  std::string take(std::string_view key) const;
  // The same, without a mark.
  [[nodiscard]] std::string peek(std::string_view key) const;

  [[nodiscard]] Fate fate() const { return fate_; }
  void mark(Fate fate) const { fate_ = fate; }
  // Whether everything below is still open.
  [[nodiscard]] bool untouched() const;

  // For those who make or change trees: readers, merging, interpolation.
  Node& add(std::string key, Node child);
  // A list becomes a table, with other children.
  void become_table(std::vector<Node> members) {
    kind_ = Kind::table;
    children_ = std::move(members);
  }
  void replace_text(std::string text) { text_ = std::move(text); }
  std::vector<Node>& changeable_children() { return children_; }
  // Gives every node below its path; `path` is this node's own.
  void name_paths(const std::string& path);

 private:
  std::string key_;
  std::string path_;
  Kind kind_ = Kind::null;
  SourcePos place_;
  std::string text_;
  std::vector<Node> children_;
  mutable Fate fate_ = Fate::open;  // a mark on what is otherwise never changed while importing
};

}  // namespace berth::importing
