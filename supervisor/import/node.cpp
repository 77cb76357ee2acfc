#include "supervisor/import/node.h"

#include <algorithm>

namespace berth::importing {

const std::string& Node::take() const {
  if (is_leaf()) mark(Fate::carried);
  return text_;
}

void Node::carry() const {
  if (is_leaf()) mark(Fate::carried);
  for (const Node& child : children_) child.carry();
}

const Node* Node::find(std::string_view key) const {
  if (kind_ != Kind::table) return nullptr;
  const auto found = std::ranges::find(children_, key, &Node::key_);
  return found == children_.end() ? nullptr : &*found;
}

std::string Node::take(std::string_view key) const {
  const Node* const child = find(key);
  return child == nullptr || !child->is_scalar() ? "" : child->take();
}

std::string Node::peek(std::string_view key) const {
  const Node* const child = find(key);
  return child == nullptr ? "" : child->text();
}

bool Node::untouched() const {
  if (is_leaf()) return fate_ == Fate::open;
  return std::ranges::all_of(children_, [](const Node& child) { return child.untouched(); });
}

Node& Node::add(std::string key, Node child) {
  child.key_ = std::move(key);
  return children_.emplace_back(std::move(child));
}

void Node::name_paths(const std::string& path) {
  path_ = path;
  for (std::size_t i = 0; i < children_.size(); ++i) {
    Node& child = children_[i];
    if (kind_ == Kind::list) {
      child.name_paths(path + "[" + std::to_string(i) + "]");
    } else {
      child.name_paths(path.empty() ? child.key_ : path + "." + child.key_);
    }
  }
}

}  // namespace berth::importing
