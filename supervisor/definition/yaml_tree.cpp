#include "supervisor/definition/yaml_tree.h"

#include <algorithm>

#include "supervisor/definition/wording.h"
#include "supervisor/definition/yaml_scalar.h"

namespace berth::definition {

namespace {

constexpr std::size_t kAliasesMost = 64;
constexpr std::size_t kAnchorsMost = 64;
constexpr std::size_t kBytesMost = 2 * kFileBytesMost;  // of all strings, aliases expanded

// yaml-cpp gives "?" to plain values without a tag, "!" to quoted ones.
bool is_plain(const std::string& tag) { return tag == "?" || tag.empty(); }

}  // namespace

bool YamlTree::scalar(Place place, Value value, Anchor anchor) {
  if (!check_anchor(place, anchor)) return false;
  return count(place, 1, 0) && add(Anchored{std::move(value), 1, 0, 0}, anchor);
}

bool YamlTree::text(std::size_t offset, Place place, const std::string& tag,
                    const std::string& text, Anchor anchor) {
  if (!check_anchor(place, anchor)) return false;
  Anchored item{Value{Broken{}, place}, 1, text.size(), 0};
  const bool usable = check_tag(place, tag);
  if (!text_.is_closed(offset)) {
    report_.error(place, "", "this is not YAML: the text that begins with this quote never ends",
                  std::string(1, text_.at(offset)));
    return false;
  }
  if (usable && is_plain(tag) && text == "<<" && wants_key() &&
      dialect_ == YamlDialect::definition) {
    report_.error(place, "", "merge keys (<<) are not supported",
                  "write the keys out, or use an alias for a whole value");
    return false;
  }
  if (usable && (!is_plain(tag) || wants_key())) {
    item.value.data = text;
  } else if (usable) {
    item.value.data = meaning(place, text);
  }
  return count(place, 1, text.size()) && add(std::move(item), anchor);
}

decltype(Value::data) YamlTree::meaning(Place place, const std::string& text) {
  auto resolved = resolve_plain_scalar(text);
  if (dialect_ == YamlDialect::foreign) {
    if (resolved && std::holds_alternative<Null>(*resolved)) return Null{};
    return text;
  }
  if (resolved) return *std::move(resolved);
  report_.error(place, "", text + " means different numbers in YAML 1.1 and 1.2",
                "quote it, or leave out the leading zeros");
  return Broken{};
}

bool YamlTree::alias(Place place, Anchor anchor) {
  if (++aliases_ > kAliasesMost) {
    report_.error(place, "", "there are more than " + std::to_string(kAliasesMost) + " aliases");
    return false;
  }
  const auto found = anchored_.find(anchor);
  if (found == anchored_.end()) {
    report_.error(place, "", "this alias stands within the value that it refers to");
    return false;
  }
  if (!check_depth(place, open_.size() + found->second.depth)) return false;
  const Anchored& anchored = found->second;
  return count(place, anchored.nodes, anchored.bytes) && add(anchored, 0);
}

bool YamlTree::begin(Place place, decltype(Value::data) empty, const std::string& tag,
                     Anchor anchor) {
  if (!check_depth(place, open_.size() + 1) || !check_anchor(place, anchor)) return false;
  if (wants_key()) {
    report_.error(place, "", "a key must be a single word or text");
    return false;
  }
  Value value{std::move(empty), place};
  if (!check_tag(place, tag)) value.data = Broken{};
  Open open;
  open.value = std::move(value);
  open.anchor = anchor;
  open_.push_back(std::move(open));
  return true;
}

bool YamlTree::end() {
  Open open = std::move(open_.back());
  open_.pop_back();
  const Place place = open.value.place;
  // An anchored value is kept a second time, and counts a second time.
  const bool twice = open.anchor != 0;
  if (!count(place, twice ? open.nodes : 1, twice ? open.bytes : 0)) return false;
  return add(Anchored{std::move(open.value), open.nodes, open.bytes, open.depth}, open.anchor);
}

std::optional<Value> YamlTree::take() && { return std::move(root_); }

bool YamlTree::wants_key() const {
  return !open_.empty() && open_.back().value.get<Table>() != nullptr && !open_.back().key &&
         !open_.back().key_unusable;
}

// A finished value finds its place: as the root, as an item, as a key or as a key's value.
bool YamlTree::add(Anchored item, Anchor anchor) {
  if (anchor != 0) anchored_[anchor] = item;
  if (open_.empty()) {
    root_ = std::move(item.value);
    return true;
  }
  Open& parent = open_.back();
  parent.nodes += item.nodes;
  parent.bytes += item.bytes;
  parent.depth = std::max(parent.depth, item.depth + 1);
  if (parent.value.get<Broken>() != nullptr) return true;
  if (auto* list = std::get_if<List>(&parent.value.data)) {
    list->push_back(std::move(item.value));
    return true;
  }
  if (wants_key()) return add_key(parent, item.value);
  if (!parent.key_unusable) {
    parent.key->value = std::move(item.value);
    std::get<Table>(parent.value.data).push_back(std::move(*parent.key));
  }
  parent.key.reset();
  parent.key_unusable = false;
  return true;
}

bool YamlTree::add_key(Open& table, const Value& key) {
  const auto* text = key.get<std::string>();
  if (text == nullptr) {
    if (key.get<Broken>() == nullptr) {
      report_.error(key.place, "", "a key must be a single word or text, found " + describe(key));
    }
    table.key_unusable = true;
    return true;
  }
  const auto [known, fresh] = table.keys.emplace(*text, key.place);
  if (!fresh) {
    report_.error(key.place, "", "the key " + quote(*text) + " is given twice",
                  "the first time at " + format(report_.at(known->second)));
    table.key_unusable = true;
    return true;
  }
  table.key = Member{*text, key.place, {}};
  return true;
}

bool YamlTree::count(Place place, std::size_t nodes, std::size_t bytes) {
  nodes_ += nodes;
  bytes_ += bytes;
  if (nodes_ <= kNodesMost && bytes_ <= kBytesMost) return true;
  report_.error(place, "",
                nodes_ > kNodesMost
                    ? "there are more than " + std::to_string(kNodesMost) + " values in this file"
                    : "the aliases make this file larger than 2 MiB");
  return false;
}

bool YamlTree::check_anchor(Place place, Anchor anchor) {
  if (anchor == 0 || anchored_.size() < kAnchorsMost) return true;
  report_.error(place, "", "there are more than " + std::to_string(kAnchorsMost) + " anchors");
  return false;
}

bool YamlTree::check_depth(Place place, std::size_t depth) {
  if (depth <= kDepthMost) return true;
  report_.error(place, "",
                "values nest deeper than " + std::to_string(kDepthMost) + " levels here");
  return false;
}

bool YamlTree::check_tag(Place place, const std::string& tag) {
  if (is_plain(tag) || tag == "!") return true;
  report_.error(place, "", "tags are not supported: " + quote(tag),
                "quote a text to make it a string");
  return false;
}

}  // namespace berth::definition
